//! The system call filter, as a classic BPF program (seccomp(2)).
//!
//! Facts that shape it:
//!
//! 1. Installing costs microseconds per instruction on the path and every call
//!    walks it, so the numbers are a balanced tree whose leaves are shared.
//! 2. The architecture comes first: the number of a call means nothing before
//!    that is known. Other ABIs (i386, x32) answer `ENOSYS`.
//! 3. A refusal answers what programs probe for; nothing is killed.
//! 4. A filter sees numbers, never what a pointer leads to. What hides behind
//!    one (`clone3`, `openat2`) is refused elsewhere or a gap with a name.
//! 5. A call that is newer than the last one we reviewed answers `ENOSYS`.

use fumehood_policy::SystemCalls;
use serde::{Deserialize, Serialize};

use super::calls::{Call, Machine};

/// One classic BPF instruction, `struct sock_filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Instructions to skip if the test holds.
    pub jt: u8,
    /// Instructions to skip if it does not.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// What the filter leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freedoms {
    /// What the policy opens.
    pub calls: SystemCalls,
    /// `user.max_user_namespaces` could be set to 0, so that `clone3`, whose flags
    /// a filter cannot see, is harmless.
    pub users_capped: bool,
}

/// `errno` values, the same on both machines.
mod errno {
    pub const EPERM: u16 = 1;
    pub const ENOSYS: u16 = 38;
    pub const EAFNOSUPPORT: u16 = 97;
}

const RET_ALLOW: u32 = 0x7fff_0000;
const RET_ERRNO: u32 = 0x0005_0000;

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const JUMP_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const JUMP_ANY_BIT: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
/// Low half of argument `n`: both machines are little-endian.
const fn argument(n: u32) -> u32 {
    16 + 8 * n
}

/// `S_ISUID | S_ISGID`
const SET_ID_BITS: u32 = 0o6000;
/// `CLONE_NEW*` in the flags of `clone(2)`; `CLONE_NEWTIME` is no flag there.
const NEW_NAMESPACES: u32 = 0x7e02_0000;
/// `O_CREAT` and the bit that tells `O_TMPFILE` from `O_DIRECTORY`.
const CREATES: u32 = 0x40 | 0x40_0000;
/// `ADDR_NO_RANDOMIZE | UNAME26 | PER_LINUX32`: debuggers and build farms.
const PERSONALITY: u32 = 0x0004_0000 | 0x0002_0000 | 0x8;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Allow,
    Errno(u16),
    /// Looks at the arguments.
    Check(Check),
}

/// Arguments that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    /// `TIOCSTI` and `TIOCLINUX` put words into a terminal's mouth; `TIOCSETD` takes
    /// its tongue, and asks the kernel to load drivers.
    Ioctl,
    /// Families and types of sockets.
    Socket,
    /// Namespaces.
    Clone,
    /// Set-id bits in the mode at this argument.
    Mode(u8),
    /// The same, if the flags at the first argument create a file.
    Open { flags: u8, mode: u8 },
    /// Flags that change how programs are run.
    Personality,
    /// Settings of the process at the first argument: pid 1, which has to end the tree
    /// in time, keeps its own.
    NotFirst,
    /// Whose settings: of one process, a group or a user, by the number that the kernel
    /// has for "one process".
    Whose { process: u8 },
}

/// Builds the program for one machine.
#[must_use]
pub fn compile(machine: Machine, freedoms: Freedoms) -> Vec<Instruction> {
    let mut program = Assembler::default();
    let [allow, unknown] = [Answer::Allow, Answer::Errno(errno::ENOSYS)];
    program.load(ARCHITECTURE);
    let (here, other) = (program.label(), program.leaf(unknown));
    program.jump(JUMP_EQUAL, machine.audit_arch(), here, other);
    program.place(here);
    program.load(NUMBER);
    let ranges = ranges(machine, freedoms, allow, unknown);
    let root = program.tree(&ranges);
    debug_assert_eq!(
        program.position(root),
        Some(3),
        "the tree starts right there"
    );
    program.finish()
}

/// The first number of a range that is answered alike.
type Range = (u32, Answer);

/// All numbers from 0 up, as ranges.
fn ranges(machine: Machine, freedoms: Freedoms, allow: Answer, unknown: Answer) -> Vec<Range> {
    let mut answers: Vec<(u32, Answer)> = Call::ALL
        .iter()
        .filter_map(|call| Some((call.number(machine)?, answer(call.name, freedoms))))
        .filter(|(_, answer)| *answer != Answer::Allow)
        .collect();
    answers.sort_unstable();
    let mut ranges: Vec<Range> = vec![(0, allow)];
    for (number, answer) in answers {
        put(&mut ranges, number, answer);
        put(&mut ranges, number + 1, allow);
    }
    put(&mut ranges, machine.newest_reviewed() + 1, unknown);
    ranges
}

/// From `number` on, `answer`.
fn put(ranges: &mut Vec<Range>, number: u32, answer: Answer) {
    if ranges.last().is_some_and(|last| last.0 == number) {
        ranges.pop();
    }
    if ranges.last().is_none_or(|last| last.1 != answer) {
        ranges.push((number, answer));
    }
}

/// The policy of this file: one line a call.
fn answer(call: &str, freedoms: Freedoms) -> Answer {
    let refused = Answer::Errno(errno::EPERM);
    let absent = Answer::Errno(errno::ENOSYS);
    let unless = |free: bool| if free { Answer::Allow } else { refused };
    match call {
        "ioctl" => Answer::Check(Check::Ioctl),
        "socket" => Answer::Check(Check::Socket),
        "clone" if !freedoms.calls.nesting => Answer::Check(Check::Clone),
        "clone3" if !freedoms.calls.nesting && !freedoms.users_capped => absent,
        "clone" | "clone3" => Answer::Allow,
        "chmod" | "fchmod" | "creat" | "mknod" => Answer::Check(Check::Mode(1)),
        "fchmodat" | "fchmodat2" | "mknodat" => Answer::Check(Check::Mode(2)),
        "open" => Answer::Check(Check::Open { flags: 1, mode: 2 }),
        "openat" => Answer::Check(Check::Open { flags: 2, mode: 3 }),
        "personality" => Answer::Check(Check::Personality),
        "sched_setparam" | "sched_setscheduler" | "sched_setaffinity" | "sched_setattr"
        | "prlimit64" => Answer::Check(Check::NotFirst),
        // PRIO_PROCESS and IOPRIO_WHO_PROCESS.
        "setpriority" => Answer::Check(Check::Whose { process: 0 }),
        "ioprio_set" => Answer::Check(Check::Whose { process: 1 }),
        "perf_event_open" => unless(freedoms.calls.perf),
        "ptrace" | "process_vm_readv" | "process_vm_writev" | "pidfd_getfd" | "kcmp" => {
            unless(freedoms.calls.ptrace)
        }
        "mount" | "umount2" | "pivot_root" | "chroot" | "unshare" | "setns" | "open_tree"
        | "open_tree_attr" | "move_mount" | "fsopen" | "fsconfig" | "fsmount" | "fspick"
        | "mount_setattr" => unless(freedoms.calls.nesting),
        "io_uring_setup" | "io_uring_enter" | "io_uring_register" | "modify_ldt" | "uselib"
        | "_sysctl" | "create_module" | "get_kernel_syms" | "query_module" | "nfsservctl"
        | "sysfs" => absent,
        _ => refused,
    }
}

/// A place in the program, perhaps not known yet.
type Label = usize;

#[derive(Default)]
struct Assembler {
    code: Vec<(u16, u32, Label, Label)>,
    positions: Vec<Option<usize>>,
    leaves: Vec<(Answer, Label)>,
}

impl Assembler {
    fn label(&mut self) -> Label {
        self.positions.push(None);
        self.positions.len() - 1
    }

    fn place(&mut self, label: Label) {
        self.positions[label] = Some(self.code.len());
    }

    fn position(&self, label: Label) -> Option<usize> {
        self.positions[label]
    }

    fn load(&mut self, offset: u32) {
        self.code.push((LOAD, offset, 0, 0));
    }

    fn jump(&mut self, code: u16, k: u32, yes: Label, no: Label) {
        self.code.push((code, k, yes, no));
    }

    /// The shared end for `answer`, put behind everything else by [`Self::finish`].
    fn leaf(&mut self, answer: Answer) -> Label {
        if let Some((_, label)) = self.leaves.iter().find(|leaf| leaf.0 == answer) {
            return *label;
        }
        let label = self.label();
        self.leaves.push((answer, label));
        label
    }

    /// Finds the range of the loaded number by halving.
    fn tree(&mut self, ranges: &[Range]) -> Label {
        if let [(_, answer)] = ranges {
            return self.leaf(*answer);
        }
        let (low, high) = ranges.split_at(ranges.len() / 2);
        let here = self.label();
        self.place(here);
        let at = self.code.len();
        self.jump(JUMP_AT_LEAST, high[0].0, 0, 0);
        let no = self.tree(low);
        let yes = self.tree(high);
        self.code[at].2 = yes;
        self.code[at].3 = no;
        here
    }

    fn ends(&mut self, k: u32) {
        self.code.push((RETURN, k, 0, 0));
    }

    /// Argument checks first, because they lead to the plain ends.
    fn finish(mut self) -> Vec<Instruction> {
        let mut done = 0;
        while let Some((answer, label)) = self.leaves.get(done).copied() {
            if let Answer::Check(check) = answer {
                self.place(label);
                self.check(check);
            }
            done += 1;
        }
        for (answer, label) in self.leaves.clone() {
            let value = match answer {
                Answer::Check(_) => None,
                Answer::Allow => Some(RET_ALLOW),
                Answer::Errno(errno) => Some(RET_ERRNO | u32::from(errno)),
            };
            if let Some(value) = value {
                self.place(label);
                self.ends(value);
            }
        }
        self.assemble()
    }

    fn assemble(&self) -> Vec<Instruction> {
        let distance = |from: usize, to: Label| {
            let to = self.positions[to].expect("every label that is jumped to was placed");
            u8::try_from(to - from - 1).expect("golden tests hold the program below 256 steps")
        };
        let one = |(at, (code, k, yes, no)): (usize, &(u16, u32, Label, Label))| match *code {
            LOAD | AND | RETURN => Instruction {
                code: *code,
                jt: 0,
                jf: 0,
                k: *k,
            },
            _ => Instruction {
                code: *code,
                jt: distance(at, *yes),
                jf: distance(at, *no),
                k: *k,
            },
        };
        self.code.iter().enumerate().map(one).collect()
    }

    /// A test whose one branch goes on here.
    fn unless(&mut self, code: u16, k: u32, yes: Answer) {
        let (yes, next) = (self.leaf(yes), self.label());
        self.jump(code, k, yes, next);
        self.place(next);
    }

    fn either(&mut self, code: u16, k: u32, yes: Answer, no: Answer) {
        let (yes, no) = (self.leaf(yes), self.leaf(no));
        self.jump(code, k, yes, no);
    }

    fn check(&mut self, check: Check) {
        let refused = Answer::Errno(errno::EPERM);
        match check {
            Check::Ioctl => {
                self.load(argument(1));
                self.unless(JUMP_EQUAL, 0x5412, refused);
                self.unless(JUMP_EQUAL, 0x5423, refused);
                self.either(JUMP_EQUAL, 0x541c, refused, Answer::Allow);
            }
            Check::Clone => {
                self.load(argument(0));
                self.either(JUMP_ANY_BIT, NEW_NAMESPACES, refused, Answer::Allow);
            }
            Check::Mode(at) => {
                self.load(argument(u32::from(at)));
                self.either(JUMP_ANY_BIT, SET_ID_BITS, refused, Answer::Allow);
            }
            Check::Open { flags, mode } => {
                let next = self.label();
                self.load(argument(u32::from(flags)));
                let allow = self.leaf(Answer::Allow);
                self.jump(JUMP_ANY_BIT, CREATES, next, allow);
                self.place(next);
                self.load(argument(u32::from(mode)));
                self.either(JUMP_ANY_BIT, SET_ID_BITS, refused, Answer::Allow);
            }
            Check::Personality => {
                self.load(argument(0));
                self.unless(JUMP_EQUAL, u32::MAX, Answer::Allow);
                self.code.push((AND, !PERSONALITY, 0, 0));
                self.either(JUMP_EQUAL, 0, Answer::Allow, refused);
            }
            Check::NotFirst => {
                self.load(argument(0));
                self.either(JUMP_EQUAL, 1, refused, Answer::Allow);
            }
            Check::Whose { process } => self.check_whose(process.into()),
            Check::Socket => self.check_socket(),
        }
    }

    /// A group (one more) without a number is the caller's own, and that is the group of
    /// whoever called us: it reaches out of the namespace. A user (two more) is everybody
    /// inside, pid 1 too.
    fn check_whose(&mut self, process: u32) {
        let refused = Answer::Errno(errno::EPERM);
        let one = self.label();
        self.load(argument(0));
        self.unless(JUMP_EQUAL, process + 2, refused);
        let group = self.label();
        self.jump(JUMP_EQUAL, process + 1, group, one);
        self.place(group);
        self.load(argument(1));
        self.unless(JUMP_EQUAL, 0, refused);
        self.place(one);
        self.load(argument(1));
        self.either(JUMP_EQUAL, 1, refused, Answer::Allow);
    }

    /// `AF_UNIX` (1): no datagrams, which reach host sockets by `sendto`.
    /// `AF_INET` (2), `AF_INET6` (10): no raw (3), no packet (10) sockets.
    /// `AF_NETLINK` (16): only `NETLINK_ROUTE` (0). Nothing else.
    fn check_socket(&mut self) {
        let absent = Answer::Errno(errno::EAFNOSUPPORT);
        let [unix, inet, netlink] = [(); 3].map(|()| self.label());
        self.load(argument(0));
        for (family, label) in [(1, unix), (2, inet), (10, inet)] {
            let next = self.label();
            self.jump(JUMP_EQUAL, family, label, next);
            self.place(next);
        }
        let other = self.leaf(absent);
        self.jump(JUMP_EQUAL, 16, netlink, other);

        self.place(netlink);
        self.load(argument(2));
        self.either(JUMP_EQUAL, 0, Answer::Allow, absent);

        self.place(inet);
        self.load(argument(1));
        self.code.push((AND, 0xf, 0, 0));
        self.unless(JUMP_EQUAL, 3, absent);
        self.either(JUMP_EQUAL, 10, absent, Answer::Allow);

        self.place(unix);
        self.load(argument(1));
        self.code.push((AND, 0xf, 0, 0));
        // The kernel makes a datagram socket of a raw one.
        let refused = Answer::Errno(errno::EPERM);
        self.unless(JUMP_EQUAL, 2, refused);
        self.either(JUMP_EQUAL, 3, refused, Answer::Allow);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: SystemCalls = SystemCalls {
        nesting: false,
        perf: false,
        ptrace: true,
    };
    const DEFAULT: Freedoms = Freedoms {
        calls: CALLS,
        users_capped: true,
    };

    /// Runs a program as the kernel does (Documentation/userspace-api/seccomp_filter.rst).
    fn run(program: &[Instruction], arch: u32, number: u32, args: [u64; 6]) -> u32 {
        let word = |offset: u32| match offset {
            NUMBER => number,
            ARCHITECTURE => arch,
            _ => {
                let arg = args[(offset as usize - 16) / 8];
                let half = if offset.is_multiple_of(8) {
                    arg
                } else {
                    arg >> 32
                };
                u32::try_from(half & 0xffff_ffff).expect("masked to 32 bits")
            }
        };
        let (mut at, mut a) = (0, 0);
        for _ in 0..program.len() {
            let Instruction { code, jt, jf, k } = program[at];
            let skip = |test: bool| usize::from(if test { jt } else { jf });
            at += 1;
            match code {
                LOAD => a = word(k),
                AND => a &= k,
                JUMP_EQUAL => at += skip(a == k),
                JUMP_AT_LEAST => at += skip(a >= k),
                JUMP_ANY_BIT => at += skip(a & k != 0),
                RETURN => return k,
                other => panic!("unknown code {other:#x}"),
            }
        }
        panic!("fell off the end");
    }

    fn outcome(answer: Answer) -> Option<u32> {
        match answer {
            Answer::Allow => Some(RET_ALLOW),
            Answer::Errno(errno) => Some(RET_ERRNO | u32::from(errno)),
            Answer::Check(_) => None,
        }
    }

    #[test]
    fn every_number_is_answered_as_its_line_says_on_both_machines() {
        for machine in Machine::ALL {
            let program = compile(machine, DEFAULT);
            assert!(
                program.len() < 256,
                "{machine:?}: {} instructions",
                program.len()
            );
            for number in 0..600 {
                let named = Call::ALL
                    .iter()
                    .find(|call| call.number(machine) == Some(number));
                let want = match named {
                    Some(call) => answer(call.name, DEFAULT),
                    None if number > machine.newest_reviewed() => Answer::Errno(errno::ENOSYS),
                    None => Answer::Allow,
                };
                if let Some(want) = outcome(want) {
                    let got = run(&program, machine.audit_arch(), number, [0; 6]);
                    assert_eq!(
                        got,
                        want,
                        "{machine:?} {number} {:?}",
                        named.map(|call| call.name)
                    );
                }
            }
        }
    }

    #[test]
    fn another_architecture_is_told_that_no_call_exists() {
        let program = compile(Machine::X86_64, DEFAULT);
        let enosys = RET_ERRNO | u32::from(errno::ENOSYS);
        assert_eq!(run(&program, 0x4000_0003, 1, [0; 6]), enosys, "i386");
        let x32 = 0x4000_0000 | 1;
        assert_eq!(
            run(&program, Machine::X86_64.audit_arch(), x32, [0; 6]),
            enosys
        );
        assert_eq!(
            run(&program, Machine::X86_64.audit_arch(), 1, [0; 6]),
            RET_ALLOW
        );
    }

    #[test]
    fn arguments_are_judged_by_their_low_half_as_the_kernel_reads_them() {
        for machine in Machine::ALL {
            let program = compile(machine, DEFAULT);
            let call = |name: &str, args: [u64; 6]| {
                let call = Call::ALL
                    .iter()
                    .find(|call| call.name == name)
                    .expect("in the table");
                let number = call.number(machine)?;
                Some(run(&program, machine.audit_arch(), number, args))
            };
            let eperm = Some(RET_ERRNO | 1);
            let no_family = Some(RET_ERRNO | u32::from(errno::EAFNOSUPPORT));
            let allow = Some(RET_ALLOW);
            let high = 0xdead_beef_0000_0000;
            assert_eq!(call("ioctl", [0, 0x5412, 0, 0, 0, 0]), eperm);
            assert_eq!(call("ioctl", [0, 0x5423, 0, 0, 0, 0]), eperm);
            assert_eq!(call("ioctl", [0, high | 0x541c, 0, 0, 0, 0]), eperm);
            assert_eq!(call("ioctl", [0, 0x5413, 0, 0, 0, 0]), allow);
            assert_eq!(call("clone", [0x1000_0011, 0, 0, 0, 0, 0]), eperm);
            assert_eq!(
                call("clone", [0x003d_0f00, 0, 0, 0, 0, 0]),
                allow,
                "a thread"
            );
            assert_eq!(call("fchmodat", [0, 0, 0o4755, 0, 0, 0]), eperm);
            assert_eq!(call("fchmodat", [0, 0, 0o1777, 0, 0, 0]), allow);
            assert_eq!(call("openat", [0, 0, 0x41, 0o2644, 0, 0]), eperm);
            assert_eq!(
                call("openat", [0, 0, 0x41_0002, 0o4600, 0, 0]),
                eperm,
                "O_TMPFILE"
            );
            assert_eq!(
                call("openat", [0, 0, 0, 0o6777, 0, 0]),
                allow,
                "no mode without O_CREAT"
            );
            assert_eq!(call("personality", [0x0004_0000, 0, 0, 0, 0, 0]), allow);
            assert_eq!(call("personality", [0xffff_ffff, 0, 0, 0, 0, 0]), allow);
            assert_eq!(
                call("personality", [0x0040_0000, 0, 0, 0, 0, 0]),
                eperm,
                "READ_IMPLIES_EXEC"
            );
            for name in ["sched_setaffinity", "sched_setscheduler", "prlimit64"] {
                assert_eq!(
                    call(name, [high | 1, 0, 0, 0, 0, 0]),
                    eperm,
                    "{name}: pid 1"
                );
                assert_eq!(call(name, [0; 6]), allow, "{name}: oneself");
                assert_eq!(call(name, [2, 0, 0, 0, 0, 0]), allow, "{name}: another");
            }
            for (name, process) in [("setpriority", 0_u64), ("ioprio_set", 1)] {
                let whose = |which, who| call(name, [process + which, who, 0, 0, 0, 0]);
                assert_eq!(whose(0, 0), allow, "{name}: oneself");
                assert_eq!(whose(0, 7), allow, "{name}: another");
                assert_eq!(whose(0, high | 1), eperm, "{name}: pid 1");
                assert_eq!(whose(1, 0), eperm, "{name}: the caller's group");
                assert_eq!(whose(1, 1), eperm, "{name}: pid 1's group");
                assert_eq!(whose(1, 7), allow, "{name}: a group inside");
                assert_eq!(whose(2, 0), eperm, "{name}: everybody");
            }
            for (args, want) in [
                ([1, 1, 0], allow),
                ([1, 2, 0], eperm),
                ([1, 0x0008_0802, 0], eperm),
                ([1, 3, 0], eperm),
                ([1, 5, 0], allow),
                ([2, 1, 0], allow),
                ([2, 2, 17], allow),
                ([2, 3, 1], no_family),
                ([10, 0x0008_0003, 58], no_family),
                ([10, 10, 3], no_family),
                ([16, 3, 0], allow),
                ([16, 3, 9], no_family),
                ([17, 3, 0], no_family),
                ([40, 1, 0], no_family),
                ([38, 5, 0], no_family),
            ] {
                let [family, kind, protocol] = args;
                assert_eq!(
                    call("socket", [family, kind, protocol, 0, 0, 0]),
                    want,
                    "{args:?}"
                );
            }
        }
    }

    #[test]
    fn each_freedom_opens_its_own_calls_and_no_other() {
        let machine = Machine::X86_64;
        let answers = |freedoms| {
            let program = compile(machine, freedoms);
            (0..500)
                .map(|nr| run(&program, machine.audit_arch(), nr, [0; 6]))
                .collect::<Vec<_>>()
        };
        let with = |change: fn(&mut SystemCalls)| {
            let mut freedoms = DEFAULT;
            change(&mut freedoms.calls);
            freedoms
        };
        let names = |freedoms| {
            let changed = answers(freedoms)
                .into_iter()
                .zip(answers(DEFAULT))
                .enumerate();
            let mut names: Vec<_> = changed
                .filter(|(_, (now, before))| now != before)
                .filter_map(|(nr, _)| {
                    let nr = u32::try_from(nr).ok()?;
                    Some(
                        Call::ALL
                            .iter()
                            .find(|call| call.number(machine) == Some(nr))?
                            .name,
                    )
                })
                .collect();
            names.sort_unstable();
            names
        };
        assert_eq!(names(with(|calls| calls.perf = true)), ["perf_event_open"]);
        assert_eq!(
            names(Freedoms {
                users_capped: false,
                ..DEFAULT
            }),
            ["clone3"]
        );
        let tracing = [
            "kcmp",
            "pidfd_getfd",
            "process_vm_readv",
            "process_vm_writev",
            "ptrace",
        ];
        assert_eq!(names(with(|calls| calls.ptrace = false)), tracing);
        assert!(names(with(|calls| calls.nesting = true)).contains(&"unshare"));
    }

    #[test]
    fn a_common_call_is_answered_within_a_dozen_instructions() {
        let machine = Machine::X86_64;
        let program = compile(machine, DEFAULT);
        for number in [0, 1, 3, 9, 59, 202, 262] {
            let mut steps = 0;
            let (mut at, mut a) = (0, 0);
            loop {
                let Instruction { code, jt, jf, k } = program[at];
                steps += 1;
                at += 1;
                match code {
                    LOAD => {
                        a = if k == NUMBER {
                            number
                        } else {
                            machine.audit_arch()
                        }
                    }
                    JUMP_EQUAL => at += usize::from(if a == k { jt } else { jf }),
                    JUMP_AT_LEAST => at += usize::from(if a >= k { jt } else { jf }),
                    _ => break,
                }
            }
            assert!(steps <= 12, "{number}: {steps}");
        }
    }
}
