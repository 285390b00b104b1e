//! A Windows machine on paper: lines of a golden configuration, as facts.
//!
//! | Line | Means |
//! |---|---|
//! | `folder PATH [SDDL]`, `file PATH [SDDL]`, `link PATH` | what is there |
//! | `repository PATH` | a repository that the probe found |
//! | `open PATH SDDL` | a place that Everyone may write |
//! | `volume D none` | a volume that keeps no descriptors |
//! | `tools PATH` | a folder in `PATH` |
//! | `no-witness` | a token without LOCAL |
//!
//! `USER` in SDDL is the user's SID.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fumehood_nt::token::{Group, GroupMarks, TokenSpec};
use fumehood_nt::{SecurityDescriptor, Sid};
use fumehood_plan::windows::{
    Account, Facts, FileId, Found, Kind, PathFact, Plan, Question, Request, TokenProfile, Volume,
    WinPath, compile, questions,
};
use fumehood_policy::config::{Source, parse};
use fumehood_policy::resolve::{Overrides, resolve};
use fumehood_policy::{GapName, Layer, Place, Policy, RawText};

pub const USER: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);
const ACCOUNT: Sid = Sid::of(5, [21, 1, 2, 3, 2001]);
const ACCOUNTS: Sid = Sid::of(5, [21, 1, 2, 3, 2000]);
const IN_PROFILE: &str = "O:USERG:USERD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;USER)";

pub fn path(text: &str) -> WinPath {
    text.parse().expect("an absolute path")
}

/// A descriptor, with `USER` in it.
pub fn descriptor(sddl: &str) -> SecurityDescriptor {
    sddl.replace("USER", &USER.to_string())
        .parse()
        .expect("SDDL")
}

/// The facts that `lines` describe and `questions` ask for.
pub fn machine(lines: &[&str], questions: &[Question]) -> Facts {
    let mut there = BTreeMap::new();
    let mut facts = bare();
    for line in lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (at, sddl) = rest
            .split_once(" O:")
            .map_or((rest, None), |(at, sddl)| (at, Some(sddl)));
        let sddl = sddl.map_or(IN_PROFILE.to_owned(), |sddl| format!("O:{sddl}"));
        match word {
            "folder" => add(&mut there, at, Kind::Folder, &sddl),
            "file" => add(&mut there, at, Kind::File, &sddl),
            "link" => add(&mut there, at, Kind::Reparse, &sddl),
            "repository" => facts.repositories.push(path(at)),
            "open" => {
                add(&mut there, at, Kind::Folder, &sddl);
                facts.open_places.push(path(at));
                ask(&mut facts, &there, &path(at));
            }
            "volume" => {
                let drive = at.chars().next().expect("a letter");
                facts.volumes.insert(drive, Volume::KeepsNone);
            }
            "tools" => {
                add(&mut there, at, Kind::Folder, &sddl);
                facts.tools.push(path(at));
                ask(&mut facts, &there, &path(at));
            }
            "no-witness" => facts.token.groups.retain(|group| group.sid != Sid::LOCAL),
            _ => panic!("`{line}` says nothing about a machine"),
        }
    }
    let (profile, temp) = (facts.profile.clone(), facts.temp.clone());
    add(
        &mut there,
        profile.as_str(),
        Kind::Folder,
        &IN_PROFILE.replace("ID;", ";"),
    );
    ask(&mut facts, &there, &profile);
    facts.grants.insert(temp, grant(0));
    for question in questions {
        match question {
            Question::Path(at) => ask(&mut facts, &there, at),
            Question::Grant(root) => {
                let number = u32::try_from(facts.grants.len()).expect("few");
                facts.grants.insert(root.clone(), grant(number));
            }
            _ => {}
        }
    }
    facts
}

const fn grant(number: u32) -> Sid {
    Sid::of(5, [21, 7, 7, 7, number])
}

fn add(there: &mut BTreeMap<WinPath, Found>, at: &str, kind: Kind, sddl: &str) {
    let id = FileId {
        volume: 1,
        file: there.len() as u128 + 1,
    };
    let found = Found {
        id,
        kind,
        links: 1,
        descriptor: descriptor(sddl),
    };
    there.insert(path(at), found);
}

fn ask(facts: &mut Facts, there: &BTreeMap<WinPath, Found>, at: &WinPath) {
    let fact = there
        .get(at)
        .map_or(PathFact::Missing, |found| PathFact::Found(found.clone()));
    facts.paths.insert(at.clone(), fact);
}

/// A machine with nothing on it.
fn bare() -> Facts {
    let logon = Group {
        marks: GroupMarks::LOGON_ID,
        ..Group::enabled(Sid::logon(0, 0x1234))
    };
    let mut token = TokenSpec::new(USER);
    token.groups = [
        Sid::EVERYONE,
        Sid::USERS,
        Sid::INTERACTIVE,
        Sid::AUTHENTICATED_USERS,
        Sid::LOCAL,
    ]
    .map(Group::enabled)
    .into();
    token.groups.push(logon);
    Facts {
        token,
        account: Some(Account {
            user: ACCOUNT,
            group: ACCOUNTS,
            logon: Sid::logon(0, 0x9999),
        }),
        session: Sid::of(5, [21, 8, 8, 8, 1]),
        reader: Sid::of(5, [21, 8, 8, 8, 2]),
        profile: path(r"C:\Users\ann"),
        temp: path(r"C:\Users\ann\AppData\Local\Temp\fumehood\w"),
        volumes: [
            ('C', Volume::KeepsDescriptors),
            ('D', Volume::KeepsDescriptors),
        ]
        .into(),
        paths: BTreeMap::new(),
        grants: BTreeMap::new(),
        open_places: Vec::new(),
        repositories: Vec::new(),
        tools: Vec::new(),
    }
}

/// The golden configurations.
pub fn configurations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/windows");
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the golden folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    names.sort();
    names
}

/// What a golden policy becomes on its machine, or why nothing.
pub fn compiled(
    text: &str,
    profile: Option<TokenProfile>,
) -> Result<(Policy, Facts, Plan), String> {
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#: "))
        .collect();
    let said = lines.iter().find_map(|line| line.strip_prefix("profile "));
    let named = TokenProfile::ALL
        .into_iter()
        .find(|profile| Some(profile.name()) == said);
    let source = Source {
        layer: Layer::User,
        file: RawText::from("config.toml"),
        text,
    };
    let (config, _) = parse(&source).expect("a golden configuration parses");
    let absolute = |text: &str| text.parse().expect("absolute");
    let place = Place::new(
        absolute("/C:/Users/ann"),
        absolute("/C:/Users/ann/w"),
        absolute("/C:/Users/ann/AppData/Local/fumehood"),
    );
    let mut policy = resolve(&[config], &Overrides::default(), &place)
        .map_err(|error| format!("error: {error}\n"))?
        .policy;
    let named = named.unwrap_or(TokenProfile::of(policy.windows));
    if profile.is_some() {
        policy.accept.extend(GapName::ALL);
    }
    let machine_lines: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| !line.starts_with("profile "))
        .collect();
    let repositories: Vec<WinPath> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("repository "))
        .map(path)
        .collect();
    let facts = machine(&machine_lines, &questions(&policy, &repositories));
    let request = Request {
        arguments: vec!["cmd".into(), "/c".into(), "dir".into()],
        folder: None,
    };
    let plan = compile(&policy, &facts, profile.unwrap_or(named), &request)
        .map_err(|error| format!("error: {error}\n"))?;
    Ok((policy, facts, plan))
}
