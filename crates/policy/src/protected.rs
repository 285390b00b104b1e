//! Protected names: what stays as it is inside a writable root.
//!
//! The one list. Each of these makes a tool *outside* the sandbox run code or
//! trust something the next time the user looks at the folder: git runs hooks,
//! an editor runs tasks, an agent reads its own permissions. The boundary would
//! otherwise end where the user comes back.
//!
//! Not on the list is what the project's own build runs (`Makefile`,
//! `package.json`, `.cargo/config.toml`, workflows): that is the work itself, it
//! is reviewed as work, and a build in the sandbox writes it all day.
//!
//! Two kinds, because protecting every name everywhere breaks ordinary work
//! (packages carry `.vscode` folders): git's and its kin's bind *anywhere*, the
//! rest at the roots of the workspace and of repositories older than the run.
//! Git's names compare without case: casefolded folders and other systems'
//! drives open `.GIT/Hooks` as `.git/hooks`.

use crate::policy::{Binds, Origin, ProtectedName};
use crate::raw_text::RawText;

/// One built-in name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// Relative path.
    pub name: &'static str,
    /// Where it binds.
    pub binds: Binds,
}

const fn anywhere(name: &'static str) -> Name {
    Name {
        name,
        binds: Binds::Anywhere,
    }
}

const fn roots(name: &'static str) -> Name {
    Name {
        name,
        binds: Binds::RepositoryRoots,
    }
}

/// All of them.
pub const NAMES: &[Name] = &[
    // Version control: hooks, configuration, and what leads it elsewhere.
    anywhere(".git/hooks"),
    anywhere(".git/config"),
    anywhere(".git/config.worktree"),
    anywhere(".git/commondir"),
    anywhere(".hg/hgrc"),
    anywhere(".hg/hgrc-not-shared"),
    anywhere(".hg/sharedpath"),
    anywhere(".jj/repo/config.toml"),
    // Editors: tasks, launch configurations, interpreter paths, container builds.
    roots(".vscode"),
    roots(".idea"),
    roots(".fleet"),
    roots(".zed"),
    roots(".devcontainer"),
    roots(".devcontainer.json"),
    roots(".vimrc"),
    roots(".exrc"),
    roots(".nvimrc"),
    roots(".nvim.lua"),
    roots(".dir-locals.el"),
    roots(".gdbinit"),
    roots(".lldbinit"),
    // Coding agents: permissions, hooks, servers they start.
    roots(".mcp.json"),
    roots(".claude"),
    roots(".codex"),
    roots(".gemini"),
    roots(".cursor"),
    roots(".cursorrules"),
    roots(".windsurf"),
    roots(".copilot"),
    roots(".github/copilot"),
    roots(".github/copilot-instructions.md"),
    roots(".github/hooks"),
    roots(".opencode"),
    roots("opencode.json"),
    roots("opencode.jsonc"),
    roots(".continue"),
    roots(".roo"),
    roots(".clinerules"),
    roots(".kiro"),
    roots(".qwen"),
    roots(".amp"),
    roots(".aider.conf.yml"),
    // This sandbox's own.
    roots(".fumehood"),
    // What a shell reads when it enters the folder, or when it is a home folder.
    roots(".husky"),
    roots(".envrc"),
    roots(".mise.toml"),
    roots("mise.toml"),
    roots(".mise"),
    roots(".bashrc"),
    roots(".bash_profile"),
    roots(".bash_login"),
    roots(".bash_logout"),
    roots(".bash_aliases"),
    roots(".profile"),
    roots(".zshrc"),
    roots(".zshenv"),
    roots(".zprofile"),
    roots(".zlogin"),
    roots(".zlogout"),
    roots(".kshrc"),
    roots(".inputrc"),
    roots(".config/fish"),
    roots(".config/autostart"),
    roots(".config/systemd"),
    roots(".config/environment.d"),
    roots(".pam_environment"),
    roots(".xprofile"),
    roots(".xinitrc"),
    roots(".gitconfig"),
    roots(".config/git"),
];

/// Names in a git directory that make git run code or look elsewhere.
const GIT_GUARDED: &[&[u8]] = &[b"hooks", b"config", b"config.worktree", b"commondir"];
/// Folders of a git directory below which nothing is guarded: a branch may be
/// called `hooks/config`.
const GIT_FREE: &[&[u8]] = &[b"refs", b"logs", b"objects", b"info"];
/// What a linked worktree's folder in `.git/worktrees` has of its own. What leads
/// it elsewhere is guarded by the name `.git/commondir`.
const WORKTREE_GUARDED: &[(&[u8], &[&[u8]])] = &[
    (b"config.worktree", &[b"config.worktree"]),
    (b"commondir", &[b"commondir", b"gitdir"]),
];

/// The built-in list as a policy holds it.
#[must_use]
pub fn built_in() -> Vec<ProtectedName> {
    let origin = Origin::built_in("protected");
    let make = |name: &Name| ProtectedName {
        name: RawText::from(name.name),
        binds: name.binds,
        origin: origin.clone(),
    };
    NAMES.iter().map(make).collect()
}

/// A protected name found in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The part of the path that the name begins at.
    pub start: usize,
    /// The parts up to and with the name's last.
    pub end: usize,
}

/// All places in `parts` where `name` stands, from the top.
pub(crate) fn find(name: &ProtectedName, parts: &[&[u8]]) -> Vec<Found> {
    let wanted = name.name.as_bytes();
    let Some(first) = wanted
        .split(|byte| *byte == b'/')
        .find(|part| !part.is_empty())
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (start, part) in parts.iter().enumerate() {
        if !is_same(name.binds, part, first) {
            continue;
        }
        if let Some(end) = end_of(name.binds, wanted, parts, start) {
            all.push(Found { start, end });
        } else if name.binds == Binds::Anywhere
            && let Some(more) = inside_git(wanted, &parts[start + 1..])
        {
            all.push(Found {
                start,
                end: start + 1 + more,
            });
        }
    }
    all
}

/// Whether a part of a path is the part of a name.
fn is_same(binds: Binds, part: &[u8], wanted: &[u8]) -> bool {
    match binds {
        Binds::Anywhere => part.eq_ignore_ascii_case(wanted),
        Binds::RepositoryRoots => part == wanted,
    }
}

/// Where `wanted` ends if it stands at `start`.
fn end_of(binds: Binds, wanted: &[u8], parts: &[&[u8]], start: usize) -> Option<usize> {
    let mut end = start;
    for part in wanted
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
    {
        if !is_same(binds, parts.get(end)?, part) {
            return None;
        }
        end += 1;
    }
    Some(end)
}

/// For a name such as `.git/hooks`: how many parts behind `.git` lead to the
/// same name of a submodule's (`modules/NAME/hooks`) or linked worktree's
/// (`worktrees/ID/config.worktree`) git directory.
fn inside_git(wanted: &[u8], behind: &[&[u8]]) -> Option<usize> {
    let last = wanted.strip_prefix(b".git/")?;
    let is =
        |part: &[u8], names: &[&[u8]]| names.iter().any(|name| part.eq_ignore_ascii_case(name));
    let (kind, rest) = behind.split_first()?;
    if kind.eq_ignore_ascii_case(b"modules") && is(last, GIT_GUARDED) {
        // The submodule's name may have slashes; it has at least one part.
        for (i, part) in rest.iter().enumerate() {
            if is(part, GIT_FREE) {
                return None;
            }
            if i > 0 && part.eq_ignore_ascii_case(last) {
                return Some(i + 2);
            }
        }
    }
    if kind.eq_ignore_ascii_case(b"worktrees") {
        let (_, names) = WORKTREE_GUARDED.iter().find(|(name, _)| *name == last)?;
        return rest.get(1).filter(|part| is(part, names)).map(|_| 3);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(name: &str, binds: Binds, path: &str) -> Option<Found> {
        let name = ProtectedName {
            name: name.into(),
            binds,
            origin: Origin::built_in("protected"),
        };
        let parts: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        find(&name, &parts).first().copied()
    }

    #[test]
    fn each_name_is_listed_once_and_is_relative() {
        for (i, one) in NAMES.iter().enumerate() {
            assert!(
                NAMES[i + 1..].iter().all(|other| other.name != one.name),
                "{}",
                one.name
            );
            assert!(
                !one.name.starts_with('/') && !one.name.contains(".."),
                "{}",
                one.name
            );
        }
    }

    #[test]
    fn a_git_name_is_found_at_any_depth_and_in_any_case() {
        let hooks = |path| first(".git/hooks", Binds::Anywhere, path);
        assert_eq!(hooks("w/a/.git/hooks/x"), Some(Found { start: 2, end: 4 }));
        assert_eq!(hooks("w/.GIT/Hooks"), Some(Found { start: 1, end: 3 }));
        assert_eq!(hooks("w/.git/refs/heads/hooks"), None);
        assert_eq!(hooks("w/.github/hooks"), None);
    }

    #[test]
    fn the_git_directories_of_submodules_and_worktrees_count_too() {
        let config = |path| first(".git/config", Binds::Anywhere, path);
        assert_eq!(
            config("w/.git/modules/lib/config"),
            Some(Found { start: 1, end: 5 })
        );
        assert_eq!(
            config("w/.git/modules/a/b/config"),
            Some(Found { start: 1, end: 6 })
        );
        assert_eq!(config("w/.git/modules/a/refs/heads/config"), None);
        assert_eq!(
            config("w/.git/modules/config"),
            None,
            "a submodule called config"
        );
        let own = |path| first(".git/config.worktree", Binds::Anywhere, path);
        assert_eq!(
            own("w/.git/worktrees/x/config.worktree"),
            Some(Found { start: 1, end: 5 })
        );
        assert_eq!(own("w/.git/worktrees/x/y/config.worktree"), None);
        let lead = first(
            ".git/commondir",
            Binds::Anywhere,
            "w/.git/worktrees/x/gitdir",
        );
        assert_eq!(lead, Some(Found { start: 1, end: 5 }));
    }

    #[test]
    fn editor_names_compare_as_they_are_written() {
        assert!(first(".vscode", Binds::RepositoryRoots, "w/.vscode/x").is_some());
        assert!(first(".vscode", Binds::RepositoryRoots, "w/.VSCode/x").is_none());
    }
}
