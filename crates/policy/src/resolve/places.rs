//! Paths and globs as users write them, made absolute.
//!
//! `~` and `${home}`, `${workspace}`, `${tmp}` stand at the beginning and only
//! there; what they stand for is never a wildcard, whatever bytes it has. A
//! relative path in a file is below the workspace, on the command line below
//! the current folder.

use super::PathTrouble;
use crate::kernel::why_never_writable;
use crate::nearest::nearest;
use crate::path::AbsPath;
use crate::pattern::{Pattern, PatternError};
use crate::place::{Place, VARIABLES};
use crate::policy::{Access, Effect};
use crate::raw_text::RawText;

/// The patterns that a text of a file stands for.
pub(super) fn patterns(place: &Place, text: &str) -> Result<Vec<Pattern>, PathTrouble> {
    let (base, tail) = split(place, text)?;
    Ok(Pattern::below(&base, tail)?)
}

/// The folder that a text of a file names; wildcards in it are ordinary bytes.
pub(super) fn folder(place: &Place, text: &str) -> Result<AbsPath, PathTrouble> {
    let (base, tail) = split(place, text)?;
    Ok(base.join(tail).map_err(PatternError::from)?)
}

/// The patterns that a flag stands for.
pub(super) fn typed(place: &Place, text: &RawText) -> Result<Vec<Pattern>, PathTrouble> {
    match text.as_bytes() {
        [] => Err(PathTrouble::Empty),
        [b'/', ..] => Ok(Pattern::parse_all(text)?),
        below => {
            let (base, tail) = upwards(&place.current, below);
            Ok(Pattern::below(&base, tail)?)
        }
    }
}

/// The patterns, unless they would open what is never writable.
pub(super) fn can_be(
    patterns: Vec<Pattern>,
    access: Access,
    effect: Effect,
) -> Result<Vec<Pattern>, PathTrouble> {
    let opens = (access, effect) == (Access::Write, Effect::Allow);
    let mut bases = patterns.iter().map(Pattern::base);
    match bases.find_map(why_never_writable).filter(|_| opens) {
        Some(why) => Err(PathTrouble::Kernel(why)),
        None => Ok(patterns),
    }
}

/// What a text begins with, and the rest.
fn split<'a>(place: &Place, text: &'a str) -> Result<(AbsPath, &'a str), PathTrouble> {
    if text.is_empty() {
        return Err(PathTrouble::Empty);
    }
    let (base, tail) = if let Some(rest) = text.strip_prefix("${") {
        let (name, tail) = rest.split_once('}').ok_or(PathTrouble::Misplaced)?;
        (
            place
                .variable(name, &place.workspace)
                .ok_or_else(|| unknown(name))?,
            tail,
        )
    } else if let Some(tail) = text.strip_prefix('~') {
        if !tail.is_empty() && !tail.starts_with('/') {
            return Err(PathTrouble::OtherHome);
        }
        (place.home.clone(), tail)
    } else if text.starts_with('/') {
        (AbsPath::root(), text)
    } else {
        return if text.contains("${") {
            Err(PathTrouble::Misplaced)
        } else {
            Ok((place.workspace.clone(), text))
        };
    };
    if tail.contains("${") || !(tail.is_empty() || tail.starts_with('/')) {
        return Err(PathTrouble::Misplaced);
    }
    Ok((base, tail))
}

/// `..` at the front of what is typed goes up: the current folder has its links
/// followed, so the text means what it says.
fn upwards<'a>(current: &AbsPath, text: &'a [u8]) -> (AbsPath, &'a [u8]) {
    let mut base = current.clone();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix(b"..")
        && (after.is_empty() || after[0] == b'/')
    {
        base = base.parent().unwrap_or_else(AbsPath::root);
        rest = after.strip_prefix(b"/").unwrap_or(after);
    }
    (base, rest)
}

fn unknown(name: &str) -> PathTrouble {
    let hint = match nearest(name, VARIABLES.iter().copied()) {
        Some(near) => format!("; did you mean `${{{near}}}`?"),
        None => format!("; the variables are {}", VARIABLES.join(", ")),
    };
    PathTrouble::Variable {
        name: RawText::from(name),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AbsPath {
        text.parse().expect("absolute")
    }

    fn place() -> Place {
        let mut place = Place::new(path("/home/[u]"), path("/home/[u]/w*"), path("/state"));
        place.current = path("/home/[u]/w*/sub");
        place
    }

    fn shown(text: &str) -> String {
        let all = patterns(&place(), text).expect(text);
        all.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn variables_stand_for_their_bytes_and_never_for_wildcards() {
        assert_eq!(shown("~"), "/home/[u]");
        assert_eq!(shown("${workspace}/a*"), "/home/[u]/w*/a*");
        assert_eq!(shown("${home}/{a,b}"), "/home/[u]/a /home/[u]/b");
        assert_eq!(shown("${tmp}/x"), "/tmp/x");
        assert_eq!(shown("**/.env"), "/home/[u]/w*/**/.env");
        let one = &patterns(&place(), "${workspace}/a").expect("a pattern")[0];
        assert_eq!(one.matches_prefix(&path("/home/[u]/w*/a/b")), Some(4));
        assert_eq!(one.matches_prefix(&path("/home/u/wx/a")), None);
    }

    #[test]
    fn what_is_typed_is_relative_to_the_current_folder() {
        let typed = |text: &str| {
            let all = typed(&place(), &RawText::from(text)).expect(text);
            all.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(typed("a"), "/home/[u]/w*/sub/a");
        assert_eq!(typed("./*.pem"), "/home/[u]/w*/sub/*.pem");
        assert_eq!(typed("../../x"), "/home/[u]/x");
        assert_eq!(typed(".."), "/home/[u]/w*");
        assert_eq!(typed("/a/b"), "/a/b");
    }

    #[test]
    fn what_cannot_be_resolved_says_why() {
        for bad in [
            "",
            "${hom}/x",
            "/x/${home}",
            "a/${home}",
            "${home}x",
            "${home",
            "~root/x",
            "~/../x",
        ] {
            assert!(patterns(&place(), bad).is_err(), "{bad}");
        }
        let why = patterns(&place(), "${worspace}/x")
            .expect_err("unknown")
            .to_string();
        assert_eq!(
            why,
            "unknown variable `${worspace}`; did you mean `${workspace}`?"
        );
    }
}
