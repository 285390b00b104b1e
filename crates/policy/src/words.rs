//! The words of the configuration: one table for each choice.
//!
//! The parser, the command line, messages and the schema read them from here,
//! so that a choice is written the same everywhere.

use crate::gap::GapName;
use crate::policy::{
    Binds, CacheMode, HardLinks, NetworkMode, ProtectedDepth, Temp, WindowsMode, WindowsToken,
};

/// A choice that is written as one of a few words.
pub trait Word: Copy + PartialEq + 'static {
    /// Each choice with its word.
    const WORDS: &'static [(&'static str, Self)];

    /// The choice of this word.
    #[must_use]
    fn from_word(text: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, choice)| *choice)
    }

    /// The word of this choice.
    #[must_use]
    fn word(self) -> &'static str {
        let own = Self::WORDS.iter().find(|(_, choice)| *choice == self);
        own.map_or("", |(word, _)| *word)
    }
}

impl Word for ProtectedDepth {
    const WORDS: &'static [(&'static str, Self)] = &[("any", Self::Any), ("root", Self::Root)];
}

impl Word for Binds {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("anywhere", Self::Anywhere),
        ("repository-roots", Self::RepositoryRoots),
    ];
}

impl Word for HardLinks {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("allow", Self::Allow),
        ("report", Self::Report),
        ("refuse", Self::Refuse),
    ];
}

impl Word for CacheMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("seeded", Self::Seeded),
        ("private", Self::Private),
        ("read-only", Self::ReadOnly),
        ("shared", Self::Shared),
    ];
}

impl Word for Temp {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("workspace", Self::Workspace),
        ("run", Self::Run),
        ("host", Self::Host),
    ];
}

impl Word for NetworkMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("off", Self::Off), ("names", Self::Names), ("on", Self::On)];
}

impl Word for WindowsMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("unelevated", Self::Unelevated),
        ("elevated", Self::Elevated),
    ];
}

impl Word for WindowsToken {
    const WORDS: &'static [(&'static str, Self)] =
        &[("compatible", Self::Compatible), ("strict", Self::Strict)];
}

impl Word for GapName {
    const WORDS: &'static [(&'static str, Self)] = &{
        let mut words = [("", Self::Memory); Self::ALL.len()];
        let mut i = 0;
        while i < words.len() {
            words[i] = (Self::ALL[i].as_str(), Self::ALL[i]);
            i += 1;
        }
        words
    };
}

/// Something that a constraint can refuse whatever else asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// Graphics devices.
    Gpu,
    /// Virtual machines.
    Kvm,
    /// File systems made by programs.
    Fuse,
    /// The ssh and gpg agents.
    Agents,
    /// Container engines.
    Docker,
    /// Any socket of the host.
    Sockets,
    /// Nested sandboxes.
    Nesting,
    /// Performance counters.
    Perf,
    /// Tracing, also of one's own children.
    Ptrace,
    /// Caches that are written in place.
    SharedCaches,
    /// The host's `/tmp`.
    HostTemp,
    /// Writing through hard links: a file with several links is refused.
    HardLinks,
    /// Running without an audit log, or when it cannot be written.
    Unaudited,
}

impl Word for Grant {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("gpu", Self::Gpu),
        ("kvm", Self::Kvm),
        ("fuse", Self::Fuse),
        ("agents", Self::Agents),
        ("docker", Self::Docker),
        ("sockets", Self::Sockets),
        ("nesting", Self::Nesting),
        ("perf", Self::Perf),
        ("ptrace", Self::Ptrace),
        ("shared-caches", Self::SharedCaches),
        ("host-temp", Self::HostTemp),
        ("hard-links", Self::HardLinks),
        ("unaudited", Self::Unaudited),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_back<T: Word + std::fmt::Debug>() {
        for (i, (word, choice)) in T::WORDS.iter().enumerate() {
            assert_eq!(T::from_word(word), Some(*choice));
            assert_eq!(choice.word(), *word);
            assert!(
                T::WORDS[i + 1..]
                    .iter()
                    .all(|(other, same)| other != word && same != choice)
            );
        }
        assert_eq!(T::from_word(""), None);
    }

    #[test]
    fn every_choice_has_one_word_and_reads_back() {
        reads_back::<ProtectedDepth>();
        reads_back::<Binds>();
        reads_back::<HardLinks>();
        reads_back::<CacheMode>();
        reads_back::<Temp>();
        reads_back::<NetworkMode>();
        reads_back::<WindowsMode>();
        reads_back::<WindowsToken>();
        reads_back::<GapName>();
        reads_back::<Grant>();
    }

    #[test]
    fn the_words_are_those_of_stored_values() {
        let stored = |value: &dyn Fn() -> serde_json::Result<String>| value().expect("stored");
        assert_eq!(
            stored(&|| serde_json::to_string(&CacheMode::ReadOnly)),
            "\"read-only\""
        );
        assert_eq!(
            stored(&|| serde_json::to_string(&Binds::RepositoryRoots)),
            "\"repository-roots\""
        );
        assert_eq!(
            stored(&|| serde_json::to_string(&GapName::SetUserId)),
            "\"set-user-id\""
        );
    }
}
