//! What is open about NT beside the access check.
//!
//! [`Semantics`](fumehood_nt::semantics::Semantics) has the open questions of the
//! check itself; here are those of what stands around it.

/// How NT is read around the access check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Readings {
    /// Whether a replace with POSIX semantics minds handles without delete sharing.
    pub posix_replace: PosixReplace,
    /// Whether a folder serves where something was opened by its number.
    pub by_number: ByNumber,
    /// How a filter's user is held against a restricted token.
    pub filter_user: FilterUser,
}

impl Readings {
    /// The same with one reading moved, for each, with its name.
    #[must_use]
    pub fn each_alone(self) -> [(&'static str, Self); 3] {
        let posix_replace = match self.posix_replace {
            PosixReplace::MindsSharing => PosixReplace::IgnoresSharing,
            PosixReplace::IgnoresSharing => PosixReplace::MindsSharing,
        };
        let by_number = match self.by_number {
            ByNumber::FirstName => ByNumber::NoFolder,
            ByNumber::NoFolder => ByNumber::FirstName,
        };
        let filter_user = match self.filter_user {
            FilterUser::WholeToken => FilterUser::WithoutList,
            FilterUser::WithoutList => FilterUser::WholeToken,
        };
        [
            (
                "posix-replace",
                Self {
                    posix_replace,
                    ..self
                },
            ),
            ("by-number", Self { by_number, ..self }),
            (
                "filter-user",
                Self {
                    filter_user,
                    ..self
                },
            ),
        ]
    }
}

/// Whether `FILE_RENAME_POSIX_SEMANTICS` replaces what is held without delete sharing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum PosixReplace {
    /// It does not: what the standard libraries that use it report.
    #[default]
    MindsSharing,
    /// It does: the page of `FILE_RENAME_INFORMATION` by the letter.
    IgnoresSharing,
}

/// Which folder is asked for `FILE_DELETE_CHILD` of a file opened by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum ByNumber {
    /// That of its first name: the reading that gives more.
    #[default]
    FirstName,
    /// None.
    NoFolder,
}

/// Whether the restricting list of a token counts for a filter's user (`ALE_USER_ID`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum FilterUser {
    /// It does, as in every access check: a filter for an account misses the account's fully
    /// restricted tokens.
    #[default]
    WholeToken,
    /// It does not.
    WithoutList,
}
