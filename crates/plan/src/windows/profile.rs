//! Which token a command gets, and what is known to be its price.

use std::fmt;

use fumehood_nt::token::Integrity;
use fumehood_policy::{Windows, WindowsMode, WindowsToken};

/// One way to take rights from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenProfile {
    /// Write-restricted: reads as the user, writes where a restricting SID may.
    Compatible,
    /// Fully restricted: reads too face the restricting list.
    Strict,
    /// Below medium, with no restricting list.
    Labelled,
    /// Below medium, and write-restricted.
    LabelledCaps,
    /// Write-restricted, of a dedicated account.
    Elevated,
}

impl TokenProfile {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Compatible,
        Self::Strict,
        Self::Labelled,
        Self::LabelledCaps,
        Self::Elevated,
    ];

    /// The level of a labelled token: between low and medium, so that places made for
    /// untrusted programs do not take it for one of theirs.
    pub const LEVEL: Integrity = Integrity(0x1800);

    /// The one that a policy asks for; `auto` is unelevated until something can say
    /// that the other was set up.
    #[must_use]
    pub const fn of(windows: Windows) -> Self {
        match (windows.mode, windows.token) {
            (WindowsMode::Elevated, _) => Self::Elevated,
            (_, WindowsToken::Compatible) => Self::Compatible,
            (_, WindowsToken::Strict) => Self::Strict,
        }
    }

    /// Its name in configuration and documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Strict => "strict",
            Self::Labelled => "labelled",
            Self::LabelledCaps => "labelled+caps",
            Self::Elevated => "elevated",
        }
    }

    /// Whether the token has a restricting list.
    #[must_use]
    pub const fn is_restricted(self) -> bool {
        !matches!(self, Self::Labelled)
    }

    /// Whether the token, and what it may write, carry a label.
    #[must_use]
    pub const fn is_labelled(self) -> bool {
        matches!(self, Self::Labelled | Self::LabelledCaps)
    }
}

impl fmt::Display for TokenProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
