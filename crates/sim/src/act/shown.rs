//! Acts in words, for whoever prints what was tried.

use std::fmt;

use crate::change::Replace;
use crate::key::{KeyPath, Root};
use crate::node::{Kind, Reparse};
use crate::walk::Place;

use super::{Act, SystemAct};

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Number(file) => write!(f, "file {} of volume {}", file.node, file.volume),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Folder => "folder",
        })
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.root {
            Root::Machine => "HKLM",
            Root::Users => "HKU",
            Root::CurrentUser => "HKCU",
        })?;
        self.names.iter().try_for_each(|name| write!(f, "\\{name}"))
    }
}

/// What is said of a target that is replaced.
const fn over(replace: Replace) -> &'static str {
    match replace {
        Replace::Never => "",
        Replace::Unopened => ", over what is there",
        Replace::Posix => ", over what is there, open or not",
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(place) => write!(f, "read {place}"),
            Self::List(place) => write!(f, "list {place}"),
            Self::ReadSecurity(place) => write!(f, "read the descriptor of {place}"),
            Self::Touch(place, desired) => write!(f, "open {place} for {desired}"),
            Self::Write(place, _) => write!(f, "write over {place}"),
            Self::Append(place, _) => write!(f, "append to {place}"),
            Self::Overwrite(place, _) => write!(f, "truncate {place}"),
            Self::Supersede(place, _) => write!(f, "supersede {place}"),
            Self::Create { at, kind, .. } => write!(f, "create the {kind} {at}"),
            Self::Delete(place, _) => write!(f, "delete {place}"),
            Self::Rename { from, to, replace } => {
                write!(f, "rename {from} to {to}{}", over(*replace))
            }
            Self::HardLink { file, to, replace } => {
                write!(f, "link {to} to {file}{}", over(*replace))
            }
            Self::Link { at, to, .. } => match to {
                Reparse::Junction(to) => write!(f, "make {at} a junction to {to}"),
                Reparse::Symlink(to) => write!(f, "make {at} a symbolic link to {to}"),
                Reparse::Relative(to) => {
                    write!(f, "make {at} a symbolic link to {}", to.join("\\"))
                }
                Reparse::Other(tag) => write!(f, "give {at} the reparse tag {tag:#x}"),
            },
            Self::SetSecurity { place, .. } => write!(f, "change the descriptor of {place}"),
            Self::SpreadSecurity { path, .. } => {
                write!(f, "change the descriptor of {path} and of all below")
            }
            Self::Hold(open) => write!(f, "hold {} for {}", open.place, open.desired),
            Self::Close(_) => f.write_str("close a handle"),
            Self::System(act) => act.fmt(f),
        }
    }
}

impl fmt::Display for SystemAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TouchKey(path, desired) => write!(f, "open the key {path} for {desired}"),
            Self::ReadValue(path, name) => write!(f, "read the value {name} of {path}"),
            Self::SetValue(path, name, _) => write!(f, "set the value {name} of {path}"),
            Self::CreateKey(path) => write!(f, "create the key {path}"),
            Self::DeleteKey(path) => write!(f, "delete the key {path}"),
            Self::Touch(object, desired) => write!(f, "open {object} for {desired}"),
            Self::Create(asked) => write!(f, "make an object of class {:?}", asked.class),
            Self::TouchProcess(process, desired) => write!(f, "open {process} for {desired}"),
            Self::TouchToken(process, desired) => {
                write!(f, "open the token of {process} for {desired}")
            }
            Self::Terminate(process) => write!(f, "end {process}"),
            Self::SecureProcess(process, ..) => write!(f, "change the descriptor of {process}"),
            Self::Start(start) => write!(f, "start {}", start.image),
            Self::Adjust(_) => f.write_str("change its own token"),
        }
    }
}

impl fmt::Display for crate::object::ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object {}", self.0)
    }
}

impl fmt::Display for crate::process::ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::FilePath;

    #[test]
    fn an_act_is_shown_in_words() {
        let path = |text| FilePath::parse(text).expect("a path");
        let rename = Act::Rename {
            from: Place::Path(path(r"C:\a")),
            to: path(r"C:\b"),
            replace: Replace::Posix,
        };
        let shown = r"rename C:\a to C:\b, over what is there, open or not";
        assert_eq!(rename.to_string(), shown);
        let key = KeyPath::parse(r"hkcu\Environment").expect("a key");
        let set = Act::from(SystemAct::SetValue(key, "Path".to_owned(), [].into()));
        assert_eq!(set.to_string(), r"set the value Path of HKCU\Environment");
    }
}
