//! How many evaluations a second one core makes of ordinary descriptors.
//!
//! `cargo run --release -p fumehood-nt --example speed`

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use fumehood_nt::evaluate::{depends_on, evaluate};
use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_nt::semantics::Semantics;
use fumehood_nt::token::{Group, GroupMarks, SidState, Token, TokenSpec};
use fumehood_nt::{AccessMask, Ace, Acl, GenericMapping, SecurityDescriptor, Sid};

const USER: Sid = Sid::of(5, [21, 1_004_336_348, 1_177_238_915, 682_003_330, 1001]);
const GRANT: Sid = Sid::of(5, [21, 77, 88, 99, 4242]);
const ROUNDS: u32 = 400_000;

/// What an ordinary user's token holds.
fn user() -> Result<Token, Box<dyn Error>> {
    let groups = [
        Sid::EVERYONE,
        Sid::of(5, [114]),
        Sid::USERS,
        Sid::INTERACTIVE,
        Sid::CONSOLE_LOGON,
        Sid::AUTHENTICATED_USERS,
        Sid::of(5, [15]),
        Sid::of(5, [113]),
        Sid::logon(0, 123_456),
        Sid::LOCAL,
        Sid::of(5, [64, 10]),
    ];
    let mut spec = TokenSpec::new(USER);
    spec.groups = groups.map(Group::enabled).to_vec();
    spec.groups.push(Group {
        sid: Sid::ADMINISTRATORS,
        state: SidState::DenyOnly,
        marks: GroupMarks::NONE,
    });
    Ok(spec.build()?)
}

fn descriptor(aces: Vec<Ace>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: Some(USER),
        group: Some(USER),
        dacl: Acl::new(aces).into(),
        ..SecurityDescriptor::default()
    }
}

/// A file of a profile, one of `C:\Windows`, one of a workspace, one of `C:\`.
fn descriptors() -> Vec<SecurityDescriptor> {
    let all = AccessMask::FILE_ALL_ACCESS;
    let run = AccessMask::FILE_GENERIC_READ | AccessMask::FILE_GENERIC_EXECUTE;
    let modify = run | AccessMask::FILE_GENERIC_WRITE | AccessMask::DELETE;
    let system = |more: Vec<Ace>| {
        let mut aces = vec![
            Ace::allow(Sid::TRUSTED_INSTALLER, all),
            Ace::allow(Sid::SYSTEM, all),
        ];
        aces.push(Ace::allow(Sid::ADMINISTRATORS, all));
        aces.extend(more);
        descriptor(aces)
    };
    vec![
        system(vec![Ace::allow(USER, all)]),
        system(vec![
            Ace::allow(Sid::USERS, run),
            Ace::allow(Sid::ALL_PACKAGES, run),
            Ace::allow(Sid::ALL_RESTRICTED_PACKAGES, run),
        ]),
        system(vec![
            Ace::allow(Sid::of(5, [21, 5, 5, 5, 5]), all),
            Ace::allow(Sid::of(5, [21, 6, 6, 6, 6]), all),
            Ace::allow(GRANT, modify),
            Ace::allow(Sid::AUTHENTICATED_USERS, modify),
            Ace::allow(USER, all),
        ]),
        system(vec![
            Ace::allow(Sid::USERS, run),
            Ace::allow(Sid::AUTHENTICATED_USERS, AccessMask(0x4)),
        ]),
    ]
}

fn measure(name: &str, token: &Token, ask: impl Fn(&SecurityDescriptor, &Token, AccessMask)) {
    let requests = [
        AccessMask::GENERIC_READ,
        AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE,
        AccessMask::DELETE,
        AccessMask::FILE_GENERIC_EXECUTE,
    ];
    let descriptors = descriptors();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for descriptor in &descriptors {
            for request in requests {
                ask(black_box(descriptor), black_box(token), black_box(request));
            }
        }
    }
    let count = f64::from(ROUNDS) * 16.0;
    let seconds = start.elapsed().as_secs_f64();
    println!("{name:<28} {:>6.2} million a second", count / seconds / 1e6);
}

fn main() -> Result<(), Box<dyn Error>> {
    let user = user()?;
    let asked = |flags| Restrict {
        flags,
        restricting: vec![GRANT, Sid::logon(0, 123_456), Sid::EVERYONE],
        ..Restrict::default()
    };
    let write = restrict(&user, &asked(RestrictFlags::WRITE_RESTRICTED))?;
    let full = restrict(&user, &asked(RestrictFlags::NONE))?;
    let (files, default) = (&GenericMapping::FILE, &Semantics::default());
    let ask = |descriptor: &SecurityDescriptor, token: &Token, desired| {
        black_box(evaluate(descriptor, token, desired, files, default));
    };
    measure("plain", &user, ask);
    measure("write-restricted", &write, ask);
    measure("fully restricted", &full, ask);
    measure(
        "maximum, write-restricted",
        &write,
        |descriptor, token, desired| {
            ask(descriptor, token, desired | AccessMask::MAXIMUM_ALLOWED);
        },
    );
    measure(
        "depends_on, write-restricted",
        &write,
        |descriptor, token, desired| {
            black_box(depends_on(descriptor, token, desired, files, default));
        },
    );
    Ok(())
}
