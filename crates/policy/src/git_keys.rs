//! Keys of a git configuration that a command in the sandbox may change.
//!
//! The one list, and a closed one: git has hundreds of keys, dozens of them name
//! a program, and each release adds some. What is not listed is refused. A key
//! on the list cannot run code *with a value of the kind beside it*; whoever
//! applies an edit checks the value too, and what needs facts (is that remote
//! known, is that path in a writable root) says so in [`Value`].
//!
//! Section and key names compare without case, subsections with, as in
//! git-config(1).

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Any text that git only shows or compares.
    Text,
    /// `true`, `false`, `yes`, `no`, `on`, `off`, a number, or one of these words.
    Word(&'static [&'static str]),
    /// The name of a remote that the repository has, or `.`.
    KnownRemote,
    /// Where a remote is: a known scheme, scp-like or a path, without `::`; in a
    /// repository older than the run no path into a writable root, since a push
    /// runs the hooks there.
    Url,
    /// A relative path that stays in the workspace.
    InsideWorkspace,
    /// Anything that does not begin with `!`, which is a command.
    NotCommand,
    /// Exactly this.
    Exactly(&'static str),
}

/// What stands between section and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subsection {
    /// Nothing.
    None,
    /// Any text.
    Any,
    /// Any text, or nothing.
    Optional,
    /// This text.
    Exactly(&'static str),
}

/// One harmless key, or all of a section (`*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GitKey {
    /// The section, lower case.
    pub section: &'static str,
    /// What stands behind it.
    pub subsection: Subsection,
    /// The keys, lower case; `*` is each of them.
    pub names: &'static [&'static str],
    /// What their values have to be.
    pub value: Value,
    /// May only be set where the subsection is new.
    pub only_new: bool,
}

/// Booleans and numbers only.
const PLAIN: Value = Value::Word(&[]);

const fn keys(section: &'static str, names: &'static [&'static str], value: Value) -> GitKey {
    GitKey {
        section,
        subsection: Subsection::None,
        names,
        value,
        only_new: false,
    }
}

const fn named(section: &'static str, names: &'static [&'static str], value: Value) -> GitKey {
    GitKey {
        section,
        subsection: Subsection::Any,
        names,
        value,
        only_new: false,
    }
}

const fn fresh(section: &'static str, names: &'static [&'static str], value: Value) -> GitKey {
    GitKey {
        section,
        subsection: Subsection::Any,
        names,
        value,
        only_new: true,
    }
}

const fn lfs(names: &'static [&'static str], value: &'static str) -> GitKey {
    GitKey {
        section: "filter",
        subsection: Subsection::Exactly("lfs"),
        names,
        value: Value::Exactly(value),
        only_new: false,
    }
}

/// All of them.
pub const HARMLESS: &[GitKey] = &[
    named("branch", &["remote", "pushremote"], Value::KnownRemote),
    named("branch", &["merge", "description"], Value::Text),
    named(
        "branch",
        &["vscode-merge-base", "gh-merge-base"],
        Value::Text,
    ),
    named(
        "branch",
        &["rebase"],
        Value::Word(&["merges", "interactive"]),
    ),
    fresh("remote", &["url"], Value::Url),
    fresh("remote", &["fetch", "gh-resolved"], Value::Text),
    fresh("remote", &["partialclonefilter"], Value::Text),
    fresh("remote", &["tagopt"], Value::Word(&["--tags", "--no-tags"])),
    fresh("remote", &["prune", "promisor"], PLAIN),
    named("submodule", &["url"], Value::Url),
    named("submodule", &["active"], PLAIN),
    named("submodule", &["branch"], Value::Text),
    named("submodule", &["update"], Value::NotCommand),
    keys("user", &["name", "email"], Value::Text),
    keys(
        "core",
        &[
            "repositoryformatversion",
            "filemode",
            "bare",
            "ignorecase",
            "precomposeunicode",
            "symlinks",
            "sparsecheckout",
            "sparsecheckoutcone",
            "splitindex",
            "quotepath",
            "longpaths",
        ],
        PLAIN,
    ),
    keys("core", &["logallrefupdates"], Value::Word(&["always"])),
    keys("core", &["autocrlf"], Value::Word(&["input"])),
    keys("core", &["eol"], Value::Word(&["lf", "crlf", "native"])),
    keys("core", &["untrackedcache"], Value::Word(&["keep"])),
    keys("core", &["abbrev"], Value::Word(&["auto"])),
    keys(
        "core",
        &["sharedrepository"],
        Value::Word(&["group", "all", "world", "umask"]),
    ),
    keys("core", &["worktree"], Value::InsideWorkspace),
    keys(
        "extensions",
        &["worktreeconfig", "relativeworktrees"],
        PLAIN,
    ),
    keys(
        "extensions",
        &["objectformat"],
        Value::Word(&["sha1", "sha256"]),
    ),
    keys(
        "extensions",
        &["refstorage"],
        Value::Word(&["files", "reftable"]),
    ),
    keys("extensions", &["partialclone"], Value::KnownRemote),
    keys("advice", &["*"], PLAIN),
    GitKey {
        section: "color",
        subsection: Subsection::Optional,
        names: &["*"],
        value: Value::Text,
        only_new: false,
    },
    keys("pull", &["rebase"], Value::Word(&["merges", "interactive"])),
    keys("pull", &["ff"], Value::Word(&["only"])),
    keys(
        "push",
        &["default"],
        Value::Word(&[
            "nothing", "current", "upstream", "tracking", "simple", "matching",
        ]),
    ),
    keys("push", &["autosetupremote"], PLAIN),
    keys("fetch", &["prune"], PLAIN),
    keys("rebase", &["autostash", "autosquash"], PLAIN),
    keys("merge", &["ff"], Value::Word(&["only"])),
    keys(
        "merge",
        &["conflictstyle"],
        Value::Word(&["merge", "diff3", "zdiff3"]),
    ),
    keys(
        "diff",
        &["algorithm"],
        Value::Word(&["default", "myers", "minimal", "patience", "histogram"]),
    ),
    keys("diff", &["renames"], Value::Word(&["copies", "copy"])),
    keys("commit", &["gpgsign"], PLAIN),
    keys("tag", &["gpgsign"], PLAIN),
    keys("gc", &["auto"], PLAIN),
    keys("maintenance", &["auto"], PLAIN),
    keys(
        "maintenance",
        &["strategy"],
        Value::Word(&["none", "incremental", "geometric"]),
    ),
    keys("rerere", &["enabled"], PLAIN),
    keys("init", &["defaultbranch"], Value::Text),
    keys(
        "receive",
        &["denycurrentbranch"],
        Value::Word(&["ignore", "warn", "refuse", "updateinstead"]),
    ),
    keys("index", &["*"], PLAIN),
    keys("feature", &["*"], PLAIN),
    keys("lfs", &["repositoryformatversion"], PLAIN),
    named(
        "lfs",
        &["access"],
        Value::Word(&["none", "basic", "private", "negotiate", "ntlm"]),
    ),
    named("lfs", &["locksverify"], PLAIN),
    lfs(&["clean"], "git-lfs clean -- %f"),
    lfs(&["smudge"], "git-lfs smudge -- %f"),
    lfs(&["process"], "git-lfs filter-process"),
    lfs(&["required"], "true"),
];

/// Names that a `*` does not reach: they hold a command.
const NEVER: &[(&str, &str)] = &[("color", "pager")];

/// The entry that lists a key; none if it may not be changed.
///
/// ```
/// use fumehood_policy::git_keys::find;
/// assert!(find("branch", Some("main"), "merge").is_some());
/// assert!(find("core", None, "fsmonitor").is_none());
/// ```
#[must_use]
pub fn find(section: &str, subsection: Option<&str>, name: &str) -> Option<&'static GitKey> {
    let is = |own: &str, other: &str| own.eq_ignore_ascii_case(other);
    if NEVER
        .iter()
        .any(|(own, key)| is(own, section) && is(key, name))
    {
        return None;
    }
    HARMLESS.iter().find(|key| {
        let fits = match (key.subsection, subsection) {
            (Subsection::None | Subsection::Optional, None)
            | (Subsection::Any | Subsection::Optional, Some(_)) => true,
            (Subsection::Exactly(own), Some(other)) => own == other,
            _ => false,
        };
        fits && is(key.section, section) && key.names.iter().any(|own| *own == "*" || is(own, name))
    })
}

/// Whether a plain word is a value of a key on the list: a boolean, a number
/// with git's suffixes, or one of the fixed words.
#[must_use]
pub fn is_plain(words: &[&str], value: &str) -> bool {
    const BOOLEANS: [&str; 7] = ["true", "false", "yes", "no", "on", "off", ""];
    let digits = value.strip_prefix('-').unwrap_or(value);
    let digits = digits
        .strip_suffix(['k', 'K', 'm', 'M', 'g', 'G'])
        .unwrap_or(digits);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        || BOOLEANS
            .iter()
            .chain(words)
            .any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_run_programs_are_not_listed() {
        for (section, subsection, name) in [
            ("core", None, "hooksPath"),
            ("core", None, "fsmonitor"),
            ("core", None, "sshCommand"),
            ("core", None, "pager"),
            ("core", None, "editor"),
            ("core", None, "askPass"),
            ("core", None, "gitProxy"),
            ("core", None, "attributesFile"),
            ("alias", None, "st"),
            ("filter", Some("x"), "clean"),
            ("diff", Some("x"), "command"),
            ("diff", Some("x"), "textconv"),
            ("diff", None, "external"),
            ("merge", Some("x"), "driver"),
            ("gc", None, "recentObjectsHook"),
            ("init", None, "templateDir"),
            ("include", None, "path"),
            ("includeIf", Some("gitdir:/x"), "path"),
            ("url", Some("x"), "insteadOf"),
            ("credential", None, "helper"),
            ("gpg", None, "program"),
            ("http", None, "proxy"),
            ("color", None, "pager"),
            ("remote", Some("x"), "uploadpack"),
            ("remote", Some("x"), "vcs"),
            ("sequence", None, "editor"),
            ("uploadpack", None, "packObjectsHook"),
            ("core", Some("x"), "bare"),
        ] {
            assert_eq!(
                find(section, subsection, name),
                None,
                "{section}.{subsection:?}.{name}"
            );
        }
    }

    #[test]
    fn what_ordinary_git_work_writes_is_listed() {
        for (section, subsection, name) in [
            ("core", None, "repositoryFormatVersion"),
            ("Branch", Some("main"), "Remote"),
            ("remote", Some("origin"), "url"),
            ("submodule", Some("lib/x"), "active"),
            ("extensions", None, "worktreeConfig"),
            ("color", Some("diff"), "meta"),
            ("color", None, "ui"),
            ("filter", Some("lfs"), "smudge"),
        ] {
            assert!(
                find(section, subsection, name).is_some(),
                "{section}.{subsection:?}.{name}"
            );
        }
    }

    #[test]
    fn plain_values_are_booleans_numbers_and_the_fixed_words() {
        for good in ["true", "NO", "", "3", "-1", "10m", "only"] {
            assert!(is_plain(&["only"], good), "{good}");
        }
        for bad in ["!sh", "only ", "1x", "-", "/bin/sh"] {
            assert!(!is_plain(&["only"], bad), "{bad}");
        }
    }

    #[test]
    fn the_table_is_in_the_case_it_is_compared_in() {
        for key in HARMLESS {
            assert_eq!(key.section, key.section.to_ascii_lowercase());
            assert!(
                key.names
                    .iter()
                    .all(|name| *name == name.to_ascii_lowercase())
            );
        }
    }
}
