//! Tables, held against the same facts written another way.

use fumehood_nt::{AccessMask, Domains, GenericMapping, ObjectKind, Sid, well_known};

/// `sddl.h`, with the domains as D, M and F.
const LETTERS: &str = "
    AA S-1-5-32-579  AC S-1-15-2-1    AN S-1-5-7       AO S-1-5-32-548  AP D-525
    AS S-1-18-1      AU S-1-5-11      BA S-1-5-32-544  BG S-1-5-32-546  BO S-1-5-32-551
    BU S-1-5-32-545  CA D-517         CD S-1-5-32-574  CG S-1-3-1       CN D-522
    CO S-1-3-0       CY S-1-5-32-569  DA D-512         DC D-515         DD D-516
    DG D-514         DU D-513         EA F-519         ED S-1-5-9       EK F-527
    ER S-1-5-32-573  ES S-1-5-32-576  HA S-1-5-32-578  HI S-1-16-12288  HO S-1-5-32-584
    IS S-1-5-32-568  IU S-1-5-4       KA D-526         LA M-500         LG M-501
    LS S-1-5-19      LU S-1-5-32-559  LW S-1-16-4096   ME S-1-16-8192   MP S-1-16-8448
    MS S-1-5-32-577  MU S-1-5-32-558  NO S-1-5-32-556  NS S-1-5-20      NU S-1-5-2
    OW S-1-3-4       PA D-520         PO S-1-5-32-550  PS S-1-5-10      PU S-1-5-32-547
    RA S-1-5-32-575  RC S-1-5-12      RD S-1-5-32-555  RE S-1-5-32-552  RM S-1-5-32-580
    RO F-498         RS D-553         RU S-1-5-32-554  SA F-518         SI S-1-16-16384
    SO S-1-5-32-549  SS S-1-18-2      SU S-1-5-6       SY S-1-5-18      UD S-1-5-84-0-0-0-0-0
    WD S-1-1-0       WR S-1-5-33";

#[test]
fn every_pair_of_letters_means_what_the_header_says() {
    let known = |last| Some(Sid::of(5, [21, 1, 1, last]));
    let domains = Domains {
        domain: known(1),
        machine: known(2),
        forest: known(3),
    };
    let mut words = LETTERS.split_whitespace();
    let mut count = 0;
    while let (Some(letters), Some(text)) = (words.next(), words.next()) {
        let text = text
            .replace("D-", "S-1-5-21-1-1-1-")
            .replace("M-", "S-1-5-21-1-1-2-")
            .replace("F-", "S-1-5-21-1-1-3-");
        let sid: Sid = text.parse().expect(letters);
        assert_eq!(Sid::from_sddl(letters, &domains), Ok(sid), "{letters}");
        let lower = letters.to_lowercase();
        assert_eq!(Sid::from_sddl(&lower, &domains), Ok(sid), "{letters}");
        let fixed = Sid::from_sddl(letters, &Domains::NONE).is_ok();
        assert_eq!(well_known::letters(&sid), fixed.then_some(letters));
        count += 1;
    }
    assert_eq!(count, well_known::ALIASES.len());
}

#[test]
fn well_known_sids_without_letters_are_what_the_specification_says() {
    for (sid, text) in [
        (Sid::NULL, "S-1-0-0"),
        (Sid::LOCAL, "S-1-2-0"),
        (Sid::CONSOLE_LOGON, "S-1-2-1"),
        (Sid::BATCH, "S-1-5-3"),
        (Sid::BUILTIN, "S-1-5-32"),
        (Sid::ALL_SERVICES, "S-1-5-80-0"),
        (
            Sid::TRUSTED_INSTALLER,
            "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
        ),
        (Sid::LOCAL_ACCOUNT, "S-1-5-113"),
        (Sid::LOCAL_ACCOUNT_ADMINISTRATOR, "S-1-5-114"),
        (Sid::ALL_RESTRICTED_PACKAGES, "S-1-15-2-2"),
        (Sid::CAPABILITY_INTERNET_CLIENT, "S-1-15-3-1"),
        (Sid::INTEGRITY_UNTRUSTED, "S-1-16-0"),
        (Sid::logon(1, 2), "S-1-5-5-1-2"),
    ] {
        assert_eq!(sid.to_string(), text);
        assert_eq!(well_known::letters(&sid), None, "{text}");
    }
}

/// Standard rights, as the headers combine them.
const RC: u32 = 0x0002_0000;
const SYNC: u32 = 0x0010_0000;
const REQUIRED: u32 = 0x000F_0000;

fn bits(numbers: &[u32]) -> u32 {
    numbers.iter().fold(0, |all, number| all | 1 << number)
}

#[test]
fn every_mapping_is_the_sum_of_its_rights() {
    for (kinds, read, write, execute, all) in [
        // winnt.h FILE_*: 0 data, 3 EA, 7 attributes; 1 data, 2 append, 4 EA, 8 attributes; 5 run.
        (
            &[ObjectKind::File, ObjectKind::Directory, ObjectKind::Pipe][..],
            RC | SYNC | bits(&[0, 3, 7]),
            RC | SYNC | bits(&[1, 2, 4, 8]),
            RC | SYNC | bits(&[5, 7]),
            REQUIRED | SYNC | 0x1FF,
        ),
        // KEY_*: query, enumerate, notify; set value, create sub-key.
        (
            &[ObjectKind::Key],
            RC | bits(&[0, 3, 4]),
            RC | bits(&[1, 2]),
            RC | bits(&[0, 3, 4]),
            REQUIRED | 0x3F,
        ),
        // PROCESS_*: VM read, query; thread, VM operation, VM write, handles, process, quota, set,
        // suspend; terminate, limited query.
        (
            &[ObjectKind::Process],
            RC | bits(&[4, 10]),
            RC | bits(&[1, 3, 5, 6, 7, 8, 9, 11]),
            RC | SYNC | bits(&[0, 12]),
            REQUIRED | SYNC | 0xFFFF,
        ),
        // THREAD_*: context, query; terminate, suspend, alert, set context, set, limited set;
        // limited query, resume.
        (
            &[ObjectKind::Thread],
            RC | bits(&[3, 6]),
            RC | bits(&[0, 1, 2, 4, 5, 10]),
            RC | SYNC | bits(&[11, 12]),
            REQUIRED | SYNC | 0xFFFF,
        ),
        // TOKEN_*: duplicate, query, source; privileges, groups, default, session; assign,
        // impersonate.
        (
            &[ObjectKind::Token],
            RC | bits(&[1, 3, 4]),
            RC | bits(&[5, 6, 7, 8]),
            RC | bits(&[0, 2]),
            REQUIRED | 0x1FF,
        ),
        // SECTION_*: query, map to read; to write; to execute.
        (
            &[ObjectKind::Section],
            RC | bits(&[0, 2]),
            RC | bits(&[1]),
            RC | bits(&[3]),
            REQUIRED | 0x1F,
        ),
        (
            &[ObjectKind::Event],
            RC | bits(&[0]),
            RC | bits(&[1]),
            RC | SYNC,
            REQUIRED | SYNC | 3,
        ),
        (
            &[ObjectKind::Mutex],
            RC | bits(&[0]),
            RC,
            RC | SYNC,
            REQUIRED | SYNC | 1,
        ),
        // JOB_OBJECT_*: query; assign, set, terminate.
        (
            &[ObjectKind::Job],
            RC | bits(&[2]),
            RC | bits(&[0, 1, 3]),
            RC | SYNC,
            REQUIRED | SYNC | 0x3F,
        ),
        // DESKTOP_*: read, enumerate; window, menu, hook, record, play, write; switch.
        (
            &[ObjectKind::Desktop],
            RC | bits(&[0, 6]),
            RC | bits(&[1, 2, 3, 4, 5, 7]),
            RC | bits(&[8]),
            REQUIRED | 0x1FF,
        ),
        // WINSTA_*: desktops, attributes, enumerate, screen; clipboard, desktop, attributes; atoms,
        // exit. Bit 7 is no right.
        (
            &[ObjectKind::WindowStation],
            RC | bits(&[0, 1, 8, 9]),
            RC | bits(&[2, 3, 4]),
            RC | bits(&[5, 6]),
            REQUIRED | 0x37F,
        ),
        // SERVICE_*: configuration, status, dependents, interrogate; change; start, stop, pause,
        // user-defined.
        (
            &[ObjectKind::Service],
            RC | bits(&[0, 2, 3, 7]),
            RC | bits(&[1]),
            RC | bits(&[4, 5, 6, 8]),
            REQUIRED | 0x1FF,
        ),
    ] {
        let [read, write, execute, all] = [read, write, execute, all].map(AccessMask);
        for kind in kinds {
            assert_eq!(
                *kind.mapping(),
                GenericMapping {
                    read,
                    write,
                    execute,
                    all
                },
                "{kind}"
            );
        }
    }
}

#[test]
fn every_right_of_a_mapping_has_a_name_on_its_kind_of_object() {
    for (name, kind) in ObjectKind::ALL {
        let GenericMapping {
            read,
            write,
            execute,
            ..
        } = *kind.mapping();
        for (right, called) in (read | write | execute).names(kind) {
            assert!(!called.is_empty(), "{name}: {right}");
        }
        let own = kind.right_names();
        let named = (0..own.len()).filter(|bit| !own[*bit].is_empty());
        let named = AccessMask(named.fold(0, |all, bit| all | 1 << bit));
        // winnt.h says of SECTION_MAP_EXECUTE_EXPLICIT that all access does not include it.
        let outside = if kind == ObjectKind::Section { 0x20 } else { 0 };
        let left = named.without(kind.mapping().all);
        assert_eq!(left, AccessMask(outside), "{name}");
        let mut once: Vec<&str> = own.to_vec();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), own.len(), "{name}");
    }
    let all: AccessMask = AccessMask(u32::MAX)
        .names(ObjectKind::Event)
        .map(|(right, _)| right)
        .fold(AccessMask::NONE, |all, right| all | right);
    assert_eq!(all, AccessMask(u32::MAX));
}
