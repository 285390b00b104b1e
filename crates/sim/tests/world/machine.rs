//! A small machine and a few of its users, for every test.

use std::sync::Arc;

use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_nt::token::{Group, Integrity, Privilege, Privileges, Token, TokenSpec};
use fumehood_nt::{AccessMask, Ace, Acl, SecurityDescriptor, Sid};
use fumehood_sim::{
    Act, FileId, FilePath, FileSystem, Kind, Made, Place, ProcessId, Refusal, Replace, ShortNames,
    VolumeSpec, World,
};

pub const USER: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);
pub const OTHER: Sid = Sid::of(5, [21, 1, 2, 3, 1002]);
/// A SID that stands only in restricting lists.
pub const GRANT: Sid = Sid::of(5, [21, 9, 9, 9, 1]);

/// An ordinary user, who may pass through folders.
pub fn user(sid: Sid) -> TokenSpec {
    let groups = [Sid::EVERYONE, Sid::USERS, Sid::AUTHENTICATED_USERS];
    TokenSpec {
        groups: groups.map(Group::enabled).to_vec(),
        default_dacl: Some(Acl::new(vec![
            Ace::allow(sid, AccessMask::GENERIC_ALL),
            Ace::allow(Sid::SYSTEM, AccessMask::GENERIC_ALL),
        ])),
        privileges: Privileges::NONE.with_enabled(Privilege::ChangeNotify),
        ..TokenSpec::new(sid)
    }
}

pub fn token(spec: TokenSpec) -> Token {
    spec.build().expect("few SIDs")
}

/// The user's token behind these restricting SIDs.
pub fn restricted(flags: RestrictFlags, sids: &[Sid]) -> Token {
    let asked = Restrict {
        flags: flags.with(RestrictFlags::DISABLE_MAX_PRIVILEGE),
        restricting: sids.to_vec(),
        ..Restrict::default()
    };
    restrict(&token(user(USER)), &asked).expect("a list")
}

pub fn at_level(level: u32) -> Token {
    token(TokenSpec {
        integrity: Integrity(level),
        ..user(USER)
    })
}

pub fn sddl(text: &str) -> SecurityDescriptor {
    let text = text.replace("{U}", &USER.to_string());
    let text = text
        .replace("{O}", &OTHER.to_string())
        .replace("{G}", &GRANT.to_string());
    text.parse().expect("SDDL")
}

pub fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("a path")
}

pub fn at(text: &str) -> Place {
    Place::Path(path(text))
}

/// The user, the system and administrators, full, for everything below.
pub const PROFILE: &str = "O:{U}D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{U})";

/// A machine with two volumes and a folder of the user's.
pub struct Machine {
    pub world: World,
    pub me: ProcessId,
    pub other: ProcessId,
}

impl Machine {
    pub fn new() -> Self {
        let mut world = World::new();
        let ntfs = VolumeSpec {
            letter: 'C',
            system: FileSystem::Ntfs,
            short_names: ShortNames::Made,
        };
        let fat = VolumeSpec {
            letter: 'F',
            system: FileSystem::Fat,
            short_names: ShortNames::NotMade,
        };
        world
            .put_volume(ntfs, sddl("O:SYD:(A;OICI;FA;;;SY)(A;OICI;FR;;;BU)"))
            .expect("C");
        world.put_volume(fat, sddl("D:")).expect("F");
        let me = world.put_process(token(user(USER)), None).expect("few");
        let other = world.put_process(token(user(OTHER)), None).expect("few");
        let mut machine = Self { world, me, other };
        machine.folder(r"C:\home", PROFILE);
        machine
    }

    pub fn folder(&mut self, text: &str, descriptor: &str) -> FileId {
        let made = sddl(descriptor);
        self.world
            .put(&path(text), Kind::Folder, &Made::With(&made))
            .expect(text)
    }

    pub fn file(&mut self, text: &str, descriptor: &str) -> FileId {
        let made = sddl(descriptor);
        self.world
            .put(&path(text), Kind::File, &Made::With(&made))
            .expect(text)
    }

    /// A file or folder that inherits what the user would have given it.
    pub fn inherited(&mut self, text: &str, kind: Kind) -> FileId {
        let made = token(user(USER));
        self.world
            .put(&path(text), kind, &Made::By(&made))
            .expect(text)
    }

    pub fn start(&mut self, token: Token) -> ProcessId {
        self.world.put_process(token, None).expect("few")
    }

    /// Does it to the machine.
    pub fn does(&mut self, who: ProcessId, act: &Act) -> Result<(), Refusal> {
        self.world.act(who, act).map(drop)
    }

    /// Whether it could be done; nothing changes.
    pub fn may(&self, who: ProcessId, act: &Act) -> bool {
        self.world.clone().act(who, act).is_ok()
    }

    pub fn shown(&self, text: &str) -> String {
        let file = self.world.find(&path(text)).expect(text);
        self.world
            .descriptor(file)
            .expect("NTFS")
            .to_sddl()
            .expect("SDDL")
    }
}

pub fn delete(text: &str) -> Act {
    Act::Delete(at(text), DeleteBy::Disposition)
}

pub fn write(text: &str) -> Act {
    Act::Write(at(text), bytes("written"))
}

pub fn read(text: &str) -> Act {
    Act::Read(at(text))
}

pub fn create(text: &str, kind: Kind) -> Act {
    Act::Create {
        at: path(text),
        kind,
        bytes: Arc::default(),
        security: None,
    }
}

pub fn rename(from: &str, to: &str) -> Act {
    Act::Rename {
        from: at(from),
        to: path(to),
        replace: Replace::Unopened,
    }
}

pub fn hard_link(file: &str, to: &str) -> Act {
    Act::HardLink {
        file: at(file),
        to: path(to),
        replace: Replace::Never,
    }
}

pub fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

/// Whether an access check refused it.
pub fn is_denied(answer: &Result<(), Refusal>) -> bool {
    matches!(answer, Err(Refusal::Denied(_)))
}
