//! The names of rights, as the Windows headers have them.
//!
//! A bit of the low sixteen has a name only together with a kind of object:
//! `0x0002` lets write to a file, add a file to a folder, create a thread in a
//! process.

use crate::mask::{AccessMask, ObjectKind};

/// A right and its name.
type Named = (AccessMask, &'static str);

/// The rights that mean the same on every kind of object ([MS-DTYP] 2.4.3).
const COMMON: [Named; 11] = [
    (AccessMask::DELETE, "DELETE"),
    (AccessMask::READ_CONTROL, "READ_CONTROL"),
    (AccessMask::WRITE_DAC, "WRITE_DAC"),
    (AccessMask::WRITE_OWNER, "WRITE_OWNER"),
    (AccessMask::SYNCHRONIZE, "SYNCHRONIZE"),
    (AccessMask::ACCESS_SYSTEM_SECURITY, "ACCESS_SYSTEM_SECURITY"),
    (AccessMask::MAXIMUM_ALLOWED, "MAXIMUM_ALLOWED"),
    (AccessMask::GENERIC_ALL, "GENERIC_ALL"),
    (AccessMask::GENERIC_EXECUTE, "GENERIC_EXECUTE"),
    (AccessMask::GENERIC_WRITE, "GENERIC_WRITE"),
    (AccessMask::GENERIC_READ, "GENERIC_READ"),
];

impl ObjectKind {
    /// The names of its own rights, bit 0 first; a bit without a name has an empty one.
    #[must_use]
    pub const fn right_names(self) -> &'static [&'static str] {
        match self {
            Self::File => &FILE,
            Self::Directory => &DIRECTORY,
            Self::Pipe => &PIPE,
            Self::Key => &KEY,
            Self::Process => &PROCESS,
            Self::Thread => &THREAD,
            Self::Token => &TOKEN,
            Self::Section => &SECTION,
            Self::Event => &EVENT,
            Self::Mutex => &MUTEX,
            Self::Job => &JOB,
            Self::Desktop => &DESKTOP,
            Self::WindowStation => &WINDOW_STATION,
            Self::Service => &SERVICE,
        }
    }
}

impl AccessMask {
    /// Each right that is in it, with its name on a `kind` of object; an empty name is a bit that
    /// has none.
    ///
    /// ```
    /// use fumehood_nt::{AccessMask, ObjectKind};
    /// let names = |kind| AccessMask(0x0001_0002).names(kind).map(|(_, name)| name).collect::<Vec<_>>();
    /// assert_eq!(names(ObjectKind::File), ["FILE_WRITE_DATA", "DELETE"]);
    /// assert_eq!(names(ObjectKind::Directory), ["FILE_ADD_FILE", "DELETE"]);
    /// ```
    pub fn names(self, kind: ObjectKind) -> impl Iterator<Item = (Self, &'static str)> {
        let own = kind.right_names();
        (0..u32::BITS)
            .map(|bit| (bit as usize, Self(1 << bit)))
            .filter(move |(_, right)| self.contains(*right))
            .map(move |(bit, right)| {
                let common = COMMON.iter().find(|(known, _)| *known == right);
                let name = common.map(|(_, name)| *name).or(own.get(bit).copied());
                (right, name.unwrap_or_default())
            })
    }
}

const FILE: [&str; 9] = [
    "FILE_READ_DATA",
    "FILE_WRITE_DATA",
    "FILE_APPEND_DATA",
    "FILE_READ_EA",
    "FILE_WRITE_EA",
    "FILE_EXECUTE",
    "FILE_DELETE_CHILD",
    "FILE_READ_ATTRIBUTES",
    "FILE_WRITE_ATTRIBUTES",
];
const DIRECTORY: [&str; 9] = [
    "FILE_LIST_DIRECTORY",
    "FILE_ADD_FILE",
    "FILE_ADD_SUBDIRECTORY",
    "FILE_READ_EA",
    "FILE_WRITE_EA",
    "FILE_TRAVERSE",
    "FILE_DELETE_CHILD",
    "FILE_READ_ATTRIBUTES",
    "FILE_WRITE_ATTRIBUTES",
];
const PIPE: [&str; 9] = [
    "FILE_READ_DATA",
    "FILE_WRITE_DATA",
    "FILE_CREATE_PIPE_INSTANCE",
    "FILE_READ_EA",
    "FILE_WRITE_EA",
    "FILE_EXECUTE",
    "FILE_DELETE_CHILD",
    "FILE_READ_ATTRIBUTES",
    "FILE_WRITE_ATTRIBUTES",
];
const KEY: [&str; 6] = [
    "KEY_QUERY_VALUE",
    "KEY_SET_VALUE",
    "KEY_CREATE_SUB_KEY",
    "KEY_ENUMERATE_SUB_KEYS",
    "KEY_NOTIFY",
    "KEY_CREATE_LINK",
];
const PROCESS: [&str; 14] = [
    "PROCESS_TERMINATE",
    "PROCESS_CREATE_THREAD",
    "PROCESS_SET_SESSIONID",
    "PROCESS_VM_OPERATION",
    "PROCESS_VM_READ",
    "PROCESS_VM_WRITE",
    "PROCESS_DUP_HANDLE",
    "PROCESS_CREATE_PROCESS",
    "PROCESS_SET_QUOTA",
    "PROCESS_SET_INFORMATION",
    "PROCESS_QUERY_INFORMATION",
    "PROCESS_SUSPEND_RESUME",
    "PROCESS_QUERY_LIMITED_INFORMATION",
    "PROCESS_SET_LIMITED_INFORMATION",
];
const THREAD: [&str; 13] = [
    "THREAD_TERMINATE",
    "THREAD_SUSPEND_RESUME",
    "THREAD_ALERT",
    "THREAD_GET_CONTEXT",
    "THREAD_SET_CONTEXT",
    "THREAD_SET_INFORMATION",
    "THREAD_QUERY_INFORMATION",
    "THREAD_SET_THREAD_TOKEN",
    "THREAD_IMPERSONATE",
    "THREAD_DIRECT_IMPERSONATION",
    "THREAD_SET_LIMITED_INFORMATION",
    "THREAD_QUERY_LIMITED_INFORMATION",
    "THREAD_RESUME",
];
const TOKEN: [&str; 9] = [
    "TOKEN_ASSIGN_PRIMARY",
    "TOKEN_DUPLICATE",
    "TOKEN_IMPERSONATE",
    "TOKEN_QUERY",
    "TOKEN_QUERY_SOURCE",
    "TOKEN_ADJUST_PRIVILEGES",
    "TOKEN_ADJUST_GROUPS",
    "TOKEN_ADJUST_DEFAULT",
    "TOKEN_ADJUST_SESSIONID",
];
const SECTION: [&str; 6] = [
    "SECTION_QUERY",
    "SECTION_MAP_WRITE",
    "SECTION_MAP_READ",
    "SECTION_MAP_EXECUTE",
    "SECTION_EXTEND_SIZE",
    "SECTION_MAP_EXECUTE_EXPLICIT",
];
const EVENT: [&str; 2] = ["EVENT_QUERY_STATE", "EVENT_MODIFY_STATE"];
const MUTEX: [&str; 1] = ["MUTANT_QUERY_STATE"];
const JOB: [&str; 6] = [
    "JOB_OBJECT_ASSIGN_PROCESS",
    "JOB_OBJECT_SET_ATTRIBUTES",
    "JOB_OBJECT_QUERY",
    "JOB_OBJECT_TERMINATE",
    "JOB_OBJECT_SET_SECURITY_ATTRIBUTES",
    "JOB_OBJECT_IMPERSONATE",
];
const DESKTOP: [&str; 9] = [
    "DESKTOP_READOBJECTS",
    "DESKTOP_CREATEWINDOW",
    "DESKTOP_CREATEMENU",
    "DESKTOP_HOOKCONTROL",
    "DESKTOP_JOURNALRECORD",
    "DESKTOP_JOURNALPLAYBACK",
    "DESKTOP_ENUMERATE",
    "DESKTOP_WRITEOBJECTS",
    "DESKTOP_SWITCHDESKTOP",
];
const WINDOW_STATION: [&str; 10] = [
    "WINSTA_ENUMDESKTOPS",
    "WINSTA_READATTRIBUTES",
    "WINSTA_ACCESSCLIPBOARD",
    "WINSTA_CREATEDESKTOP",
    "WINSTA_WRITEATTRIBUTES",
    "WINSTA_ACCESSGLOBALATOMS",
    "WINSTA_EXITWINDOWS",
    "",
    "WINSTA_ENUMERATE",
    "WINSTA_READSCREEN",
];
const SERVICE: [&str; 9] = [
    "SERVICE_QUERY_CONFIG",
    "SERVICE_CHANGE_CONFIG",
    "SERVICE_QUERY_STATUS",
    "SERVICE_ENUMERATE_DEPENDENTS",
    "SERVICE_START",
    "SERVICE_STOP",
    "SERVICE_PAUSE_CONTINUE",
    "SERVICE_INTERROGATE",
    "SERVICE_USER_DEFINED_CONTROL",
];
