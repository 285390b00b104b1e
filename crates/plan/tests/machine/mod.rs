//! A machine on paper: facts from a few lines of text.

use std::collections::BTreeMap;

use fumehood_plan::linux::{Facts, FileId, Found, GroupFact, Kind, MountFact, PathFact, Question};
use fumehood_policy::{AbsPath, RawText};

/// Folders and devices that every Linux machine has.
const USUAL: &str = "folder /
folder /etc
folder /home
folder /home/ann
folder /home/ann/w
folder /home/ann/.local/state/fumehood
folder /dev
folder /proc
folder /proc/sys
folder /run
folder /tmp
folder /usr
folder /var/tmp
other /dev/null
other /dev/zero
other /dev/full
other /dev/random
other /dev/urandom
other /dev/tty
mount 1 / /
mount 5 / /proc";

/// A path of the test.
pub fn path(text: &str) -> AbsPath {
    text.parse().expect("an absolute path")
}

/// The usual machine, with more lines.
pub fn machine(lines: &str, questions: &[Question<'_>]) -> Facts {
    let mut machine = Machine::new();
    for line in USUAL
        .lines()
        .chain(lines.lines())
        .filter(|line| !line.trim().is_empty())
    {
        machine.line(line);
    }
    machine.answer(questions)
}

struct Machine {
    facts: Facts,
    objects: BTreeMap<AbsPath, Kind>,
    links: BTreeMap<AbsPath, AbsPath>,
}

impl Machine {
    fn new() -> Self {
        let facts = Facts {
            uid: 1000,
            gid: 1000,
            processes_counted: true,
            machine: "x86_64".to_owned(),
            paths: BTreeMap::new(),
            matches: BTreeMap::new(),
            mounts: Vec::new(),
            landlock_abi: 7,
            proc_whole: true,
            terminal: None,
            read_only_streams: false,
            launcher: None,
            pids_group: None,
            memory_group: None,
            run: "7-1".to_owned(),
            accounts: Vec::new(),
            cwd: path("/home/ann/w"),
            environment: vec![(RawText::from("PATH"), RawText::from("/usr/bin:/bin"))],
        };
        Self {
            facts,
            objects: BTreeMap::new(),
            links: BTreeMap::new(),
        }
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["folder", at] => self.object(at, Kind::Folder),
            ["file", at] => self.object(at, Kind::File),
            ["socket", at] => self.object(at, Kind::Socket),
            ["other", at] => self.object(at, Kind::Other),
            ["link", at, to] => {
                self.links.insert(path(at), path(to));
            }
            ["mount", device, root, point] => self.facts.mounts.push(MountFact {
                device: device.parse().expect("a number"),
                root: path(root),
                point: path(point),
            }),
            ["uid", uid] => {
                self.facts.uid = uid.parse().expect("a number");
                self.facts.processes_counted = self.facts.uid != 0;
            }
            ["landlock", abi] => self.facts.landlock_abi = abi.parse().expect("a number"),
            ["proc", "masked"] => self.facts.proc_whole = false,
            ["machine", name] => name.clone_into(&mut self.facts.machine),
            ["cwd", at] => self.facts.cwd = path(at),
            ["streams", "read-only"] => self.facts.read_only_streams = true,
            ["terminal", at] => {
                self.facts.terminal = Some(found(&path(at), Kind::Other, Vec::new()));
            }
            ["launcher", at] => {
                self.facts.launcher = Some(found(&path(at), Kind::File, Vec::new()));
            }
            ["pids", at, version] => self.facts.pids_group = Some(group(at, version)),
            ["memory", at, version] => self.facts.memory_group = Some(group(at, version)),
            ["account", at] => self
                .facts
                .accounts
                .push((path(at), RawText::from("a line"))),
            ["env", name, value] => {
                self.facts
                    .environment
                    .push((RawText::from(name), RawText::from(value)));
            }
            _ => panic!("what is `{line}`?"),
        }
    }

    fn object(&mut self, at: &str, kind: Kind) {
        self.objects.insert(path(at), kind);
    }

    fn answer(mut self, questions: &[Question<'_>]) -> Facts {
        for question in questions {
            match question {
                Question::Path(asked) => {
                    let fact = self.look(asked);
                    self.facts.paths.insert(asked.clone().into_owned(), fact);
                }
                Question::ControlGroups { .. } => {}
                Question::Matches(pattern) => {
                    let last = pattern.last_part().expect("only shallow globs are asked");
                    let fits = |at: &&AbsPath| {
                        at.parent().as_ref() == Some(last.folder)
                            && at.name().is_some_and(|name| last.matches_name(name))
                    };
                    let names: Vec<AbsPath> = self.objects.keys().filter(fits).cloned().collect();
                    let all = names.iter().filter_map(|at| match self.look(at) {
                        PathFact::Found(found) => Some(found),
                        _ => None,
                    });
                    let all = all.collect();
                    self.facts.matches.insert(pattern.to_string(), all);
                }
            }
        }
        self.facts
    }

    /// Follows links in leading parts, as the kernel would.
    fn look(&self, asked: &AbsPath) -> PathFact {
        let (mut at, mut links) = (asked.clone(), Vec::new());
        for _ in 0..8 {
            let link = self.links.iter().find(|(link, _)| at.is_within(link));
            let Some((link, to)) = link else {
                return match self.objects.get(&at) {
                    Some(kind) => PathFact::Found(found(&at, *kind, links)),
                    None if links.is_empty() => PathFact::Missing,
                    None => PathFact::Dangling,
                };
            };
            let below = at.below(link).expect("within").to_vec();
            links.push(link.clone());
            at = if below.is_empty() {
                to.clone()
            } else {
                to.join(below).expect("short")
            };
        }
        PathFact::Dangling
    }
}

fn found(at: &AbsPath, kind: Kind, links: Vec<AbsPath>) -> Found {
    let inode = at
        .as_bytes()
        .iter()
        .fold(7_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(*byte));
    let id = FileId { device: 1, inode };
    Found {
        real: at.clone(),
        id,
        kind,
        uid: 1000,
        mode: 0o755,
        links,
    }
}

fn group(at: &str, version: &str) -> GroupFact {
    GroupFact {
        parent: path(at),
        unified: version == "v2",
    }
}
