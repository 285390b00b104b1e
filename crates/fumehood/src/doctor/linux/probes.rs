//! The probes of each guarantee: an act, its allow twin, and how it looks from outside.

use std::io;
use std::os::unix::fs::PermissionsExt;

use fumehood_plan::linux::Plan;
use fumehood_policy::environment::filter;
use fumehood_policy::{AbsPath, GapName, Policy, RawText, Standing};

use super::attempt::{NAMESPACES, Try, namespace};
use super::calls::Call;
use super::scene::{Door, Listener, Scene};
use crate::report::Guarantee;
use crate::settings::to_std;

/// Whether the act had its effect, looked at from outside.
type Outside<'s> = Box<dyn Fn() -> io::Result<bool> + 's>;

/// A probe that was not run yet.
pub struct Spec<'s> {
    /// Its name.
    pub name: &'static str,
    /// What it tries, as a sentence without its subject.
    pub tries: String,
    /// What it tries.
    pub act: Try,
    /// What its twin tries.
    pub twin_tries: String,
    /// The same.
    pub twin: Try,
    /// What the twin leaves in the workspace, to be seen outside.
    pub twin_leaves: Option<AbsPath>,
    /// The gap it falls under, if the policy accepts that.
    pub gap: Option<GapName>,
    /// How it looks from outside.
    pub outside: Option<Outside<'s>>,
    /// Variables that its launcher is started with.
    pub variables: Vec<(&'static str, &'static str)>,
}

impl<'s> Spec<'s> {
    fn new(name: &'static str, tries: &str, act: Try) -> Self {
        Self {
            name,
            tries: tries.to_owned(),
            act,
            twin_tries: "answers".to_owned(),
            twin: Try::Answer,
            twin_leaves: None,
            gap: None,
            outside: None,
            variables: Vec::new(),
        }
    }

    fn twin(mut self, tries: &str, twin: Try) -> Self {
        tries.clone_into(&mut self.twin_tries);
        if let Try::Create(path) | Try::Rename(_, path) | Try::CreateWithMode(path, _) = &twin {
            self.twin_leaves = Some(path.clone());
        }
        self.twin = twin;
        self
    }

    /// The twin leaves nothing that is seen outside.
    fn unseen(mut self) -> Self {
        self.twin_leaves = None;
        self
    }

    const fn under(mut self, gap: GapName) -> Self {
        self.gap = Some(gap);
        self
    }

    fn outside(mut self, look: impl Fn() -> io::Result<bool> + 's) -> Self {
        self.outside = Some(Box::new(look));
        self
    }

    /// The act leaves `path` behind.
    fn leaves(self, path: &AbsPath) -> Self {
        let path = to_std(path);
        self.outside(move || match std::fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        })
    }

    /// The act changes what the file at `path` says.
    fn changes(self, path: &AbsPath) -> Self {
        let path = to_std(path);
        let before = std::fs::read(&path).ok();
        self.outside(move || Ok(Some(std::fs::read(&path)?) != before))
    }
}

/// Everything that probes are made from.
#[derive(Clone, Copy)]
pub struct Ground<'s> {
    /// What is set up outside.
    pub scene: &'s Scene,
    /// The policy that is tried.
    pub policy: &'s Policy,
    /// What a probe is started by.
    pub plan: &'s Plan,
}

impl<'s> Ground<'s> {
    /// The probes of `guarantee`; those of its lifetime are told by [`super::lifetime`].
    pub fn probes(self, guarantee: Guarantee) -> Vec<Spec<'s>> {
        match guarantee {
            Guarantee::FsWrite => self.writes(),
            Guarantee::FsReadDeny => self.reads(),
            Guarantee::ProtectedNames => self.names(),
            Guarantee::Network => self.network(),
            Guarantee::Processes => self.processes(),
            Guarantee::Lifetime => Vec::new(),
            Guarantee::KernelSurface => self.kernel(),
            Guarantee::Environment => self.environment(),
        }
    }

    /// A place in the workspace.
    fn inside(self, name: &str) -> AbsPath {
        self.scene
            .workspace
            .join(name)
            .unwrap_or_else(|_| self.scene.workspace.clone())
    }

    /// A place beside it.
    fn beside(self, name: &str) -> AbsPath {
        self.scene
            .outside
            .join(name)
            .unwrap_or_else(|_| self.scene.outside.clone())
    }

    fn writes(self) -> Vec<Spec<'s>> {
        let create = |name, tries: &str, path: &AbsPath| {
            Spec::new(name, tries, Try::Create(path.clone()))
                .twin(
                    "creates a file in the workspace",
                    Try::Create(self.inside(name)),
                )
                .leaves(path)
        };
        let stray = self.scene.stray.0.as_os_str().as_encoded_bytes();
        let home = AbsPath::parse(stray).unwrap_or_else(|_| self.beside("home"));
        let mut all = vec![
            create(
                "create-outside",
                "creates a file in a folder outside",
                &self.beside("new"),
            ),
            Spec::new(
                "change-outside",
                "writes into a file outside",
                Try::Change(self.beside("plain")),
            )
            .twin(
                "writes into a file of the workspace",
                Try::Change(self.inside("plain")),
            )
            .changes(&self.beside("plain")),
            Spec::new(
                "rename-outside",
                "moves a file outside",
                Try::Rename(self.beside("plain"), self.beside("moved")),
            )
            .twin(
                "moves a folder of the workspace",
                Try::Rename(self.inside("folder"), self.inside("folder-moved")),
            )
            .leaves(&self.beside("moved")),
        ];
        let plain = self.beside("plain");
        all.push(
            Spec::new(
                "mode-outside",
                "changes the mode of a file outside",
                Try::ChangeMode(plain.clone(), 0o644),
            )
            .twin(
                "changes that of a file of the workspace",
                Try::ChangeMode(self.inside("plain"), 0o644),
            )
            .outside(move || {
                Ok(std::fs::metadata(to_std(&plain))?.permissions().mode() & 0o777 != 0o600)
            }),
        );
        if self.policy.standing(&home).standing != Standing::Writable {
            all.push(create(
                "create-in-home",
                "creates a file in the home folder",
                &home,
            ));
        }
        all.push(
            Spec::new(
                "set-user-id",
                "gives a file of the workspace the set-user-id bit",
                Try::ChangeMode(self.inside("set-user-id-bit"), 0o4755),
            )
            .twin("creates it", Try::Create(self.inside("set-user-id-bit"))),
        );
        all.push(
            Spec::new(
                "set-user-id-new",
                "creates a file with the set-user-id bit",
                Try::CreateWithMode(self.inside("bit"), 0o4755),
            )
            .twin(
                "creates a file with an ordinary mode",
                Try::CreateWithMode(self.inside("no-bit"), 0o755),
            )
            .under(GapName::SetUserId),
        );
        all.extend(self.scene.original.as_ref().map(|original| {
            Spec::new(
                "hard-link",
                "writes through a link that the workspace had to a file outside",
                Try::Change(self.inside("linked")),
            )
            .twin(
                "creates a file in the workspace",
                Try::Create(self.inside("hard-link")),
            )
            .changes(original)
            .under(GapName::HardLinks)
        }));
        all
    }

    fn reads(self) -> Vec<Spec<'s>> {
        let plain = "reads the file beside it";
        let mut all = vec![
            Spec::new(
                "read-secret",
                "reads a hidden file",
                Try::Read(self.beside("secret")),
            )
            .twin(plain, Try::Read(self.beside("plain"))),
            Spec::new(
                "list-covered",
                "lists a hidden folder",
                Try::List(self.beside("covered")),
            )
            .twin(
                "lists the folder above it",
                Try::List(self.scene.outside.clone()),
            ),
            Spec::new(
                "read-covered",
                "reads a file in it",
                Try::Read(self.beside("covered/inner")),
            )
            .twin(
                "reads the file beside the folder",
                Try::Read(self.beside("plain")),
            ),
            Spec::new(
                "read-state",
                "lists our own state",
                Try::List(self.policy.own.state.clone()),
            )
            .twin(
                "lists the folder beside it",
                Try::List(self.scene.outside.clone()),
            ),
        ];
        let secrets = Scene::secrets(self.policy);
        if !secrets.is_empty() {
            let tries = format!("reads {} secret places of this machine", secrets.len());
            all.push(
                Spec::new("read-secrets", &tries, Try::ReadAny(secrets))
                    .twin("reads an ordinary file", Try::Read(self.beside("plain"))),
            );
        }
        all
    }

    fn names(self) -> Vec<Spec<'s>> {
        let free = "writes into an ordinary file";
        let plain = || Try::Change(self.inside("plain"));
        let hook = self.inside(".git/hooks/post-checkout");
        let moved = self.inside("git-moved");
        let deep = self.inside("nested/.git/hooks/post-checkout");
        let missing = self.inside(".envrc");
        let change = |name, tries: &str, path: &str| {
            let path = self.inside(path);
            let spec = Spec::new(name, tries, Try::Change(path.clone())).twin(free, plain());
            (path.clone(), spec.changes(&path))
        };
        let all = [
            (
                hook.clone(),
                Spec::new("hook-new", "creates a git hook", Try::Create(hook.clone()))
                    .twin(
                        "creates a file beside .git",
                        Try::Create(self.inside("hook-new")),
                    )
                    .leaves(&hook),
            ),
            change(
                "hook-change",
                "writes into a git hook",
                ".git/hooks/pre-commit",
            ),
            change(
                "git-config",
                "writes into git's configuration",
                ".git/config",
            ),
            change(
                "agent-config",
                "writes into an agent's configuration",
                ".mcp.json",
            ),
            (
                hook,
                Spec::new(
                    "git-moved",
                    "moves .git away",
                    Try::Rename(self.inside(".git"), moved.clone()),
                )
                .twin(
                    "moves an ordinary folder",
                    Try::Rename(self.inside("second"), self.inside("second-moved")),
                )
                .leaves(&moved),
            ),
            (
                deep.clone(),
                Spec::new(
                    "hook-at-depth",
                    "creates a hook in a nested repository",
                    Try::Create(deep.clone()),
                )
                .twin(
                    "creates a file beside it",
                    Try::Create(self.inside("nested/hook-at-depth")),
                )
                .leaves(&deep)
                .under(GapName::NamesAtDepth),
            ),
            (
                missing.clone(),
                Spec::new(
                    "name-missing",
                    "creates .envrc where there is none",
                    Try::Create(missing.clone()),
                )
                .twin(
                    "creates a file of another name",
                    Try::Create(self.inside("name-missing")),
                )
                .leaves(&missing)
                .under(GapName::MissingNames),
            ),
        ];
        // What the policy frees is no promise.
        let promised = |path: &AbsPath| self.policy.standing(path).standing != Standing::Writable;
        all.into_iter()
            .filter(|(path, _)| promised(path))
            .map(|(_, spec)| spec)
            .collect()
    }

    fn network(self) -> Vec<Spec<'s>> {
        let mut all: Vec<Spec<'s>> = self
            .scene
            .listeners
            .iter()
            .map(|listener| self.reach(listener))
            .collect();
        all.push(
            Spec::new(
                "interfaces",
                "finds an interface that leads out",
                Try::OtherInterface,
            )
            .twin(
                "connects over its own loopback",
                Try::OwnTcp(([127, 0, 0, 1], 0).into()),
            ),
        );
        all
    }

    /// Reaches a listener outside; its twin reaches one of its own by the same way.
    fn reach(self, listener: &'s Listener) -> Spec<'s> {
        let own = "reaches a listener of its own";
        let spec = match &listener.door {
            Door::Tcp(address) => {
                let name = if address.is_ipv4() { "tcp" } else { "tcp-v6" };
                let tries = format!("connects to {address} of the host");
                Spec::new(name, &tries, Try::Tcp(*address))
                    .twin(own, Try::OwnTcp((address.ip(), 0).into()))
            }
            Door::Udp(address) => {
                let name = if address.is_ipv4() { "udp" } else { "udp-v6" };
                let tries = format!("sends to {address} of the host");
                Spec::new(name, &tries, Try::Udp(*address))
                    .twin(own, Try::OwnUdp((address.ip(), 0).into()))
            }
            Door::Abstract(name) => {
                let inside = format!("{name}-inside");
                Spec::new(
                    "abstract-socket",
                    "connects to an abstract socket of the host",
                    Try::Abstract(name.clone()),
                )
                .twin(own, Try::OwnAbstract(inside))
            }
            Door::Path(_) => {
                let inside = format!("/tmp/probe-{}", self.scene.id);
                let inside = inside.parse().unwrap_or_else(|_| self.inside("socket"));
                Spec::new(
                    "host-socket",
                    "connects to a socket of the host that has a path",
                    Try::Socket(self.beside("socket")),
                )
                .twin(own, Try::OwnSocket(inside))
                .under(GapName::HostSockets)
            }
        };
        spec.outside(|| listener.was_reached())
    }

    fn processes(self) -> Vec<Spec<'s>> {
        let victim = &self.scene.victim;
        let mut all = vec![
            Spec::new(
                "visible",
                "finds a process of the host",
                Try::FindProcess(victim.token.clone()),
            )
            .twin(
                "finds the files of its own process",
                Try::Read(self.proc("self/cmdline")),
            )
            .under(GapName::ProcMasked),
            Spec::new(
                "signal",
                "ends a process of the host by its number",
                Try::End(victim.pid()),
            )
            .twin("ends a child of its own", Try::EndChild)
            .outside(|| victim.is_dead()),
            self.memory(victim.pid()),
        ];
        let outside: Vec<String> = NAMESPACES
            .into_iter()
            .filter_map(|kind| namespace(kind).ok())
            .collect();
        all.push(
            Spec::new(
                "namespaces",
                "shares a namespace with the host",
                Try::ShareNamespace(outside),
            )
            .twin(
                "finds the files of its own process",
                Try::Read(self.proc("self/cmdline")),
            ),
        );
        let shared = self.scene.shared.as_ref();
        let shared =
            shared.and_then(|file| AbsPath::parse(file.0.as_os_str().as_encoded_bytes()).ok());
        all.extend(shared.map(|path| {
            let own = path
                .parent()
                .and_then(|folder| folder.join("fumehood-probe").ok());
            Spec::new(
                "shared-memory",
                "reads shared memory of the host",
                Try::Read(path.clone()),
            )
            .twin(
                "makes shared memory of its own",
                Try::Create(own.unwrap_or(path)),
            )
            .unseen()
        }));
        all
    }

    /// Reads the memory of a process outside. The call is not there at all where
    /// the policy does not open tracing; then its twin is another.
    fn memory(self, pid: i32) -> Spec<'s> {
        let tries = "reads the memory of a process of the host";
        let spec = Spec::new("memory", tries, Try::Call(Call::ReadMemory(pid)));
        if self.policy.system_calls.ptrace {
            spec.twin("reads its own by that call", Try::Call(Call::ReadOwnMemory))
        } else {
            spec.twin("starts a process", Try::StartChild)
        }
    }

    fn proc(self, name: &str) -> AbsPath {
        format!("/proc/{name}")
            .parse()
            .unwrap_or_else(|_| self.beside("plain"))
    }

    fn kernel(self) -> Vec<Spec<'s>> {
        let mut all = vec![
            Spec::new(
                "privileges",
                "finds a privilege, or no filter",
                Try::Privileges,
            )
            .twin("reads its own status", Try::Read(self.proc("self/status"))),
            Spec::new(
                "sockets",
                "opens sockets that speak to the kernel",
                Try::OddSockets,
            )
            .twin("opens usual ones", Try::UsualSockets),
            Spec::new(
                "kernel-setting",
                "opens a setting of the kernel to write",
                Try::OpenToWrite(self.proc("sys/kernel/core_pattern")),
            )
            .twin("reads it", Try::Read(self.proc("sys/kernel/core_pattern"))),
        ];
        all.extend(CALLS.map(|(name, tries, act, twin_tries, twin)| {
            Spec::new(name, tries, Try::Call(act)).twin(twin_tries, Try::Call(twin))
        }));
        if !self.policy.system_calls.nesting {
            all.extend([
                Spec::new(
                    "user-namespace",
                    "makes a user namespace",
                    Try::UserNamespace,
                )
                .twin("starts a process", Try::StartChild),
                Spec::new(
                    "mount",
                    "mounts a file system",
                    Try::Mount(self.inside("mount")),
                )
                .twin(
                    "creates a file in that folder",
                    Try::Create(self.inside("mount/new")),
                ),
                Spec::new(
                    "mount-new",
                    "makes a file system with the newer calls",
                    Try::OpenFileSystem,
                )
                .twin("starts a process", Try::StartChild),
            ]);
        }
        all
    }

    fn environment(self) -> Vec<Spec<'s>> {
        let planned = self.plan.launch.environment.iter();
        let planned: Vec<RawText> = planned.map(|(name, _)| name.clone()).collect();
        // Without a PATH outside there is none to cross.
        let path = planned.iter().any(|name| name.as_bytes() == b"PATH");
        let usual = if path { "PATH" } else { "PWD" };
        let mut all = vec![
            Spec::new(
                "variables",
                "finds a variable that the plan does not name",
                Try::VariableBeyond(planned),
            )
            .twin(&format!("finds {usual}"), Try::Variable(usual.to_owned())),
        ];
        for (name, tries, variable) in VARIABLES {
            // What the policy lets through is no promise.
            let raw = (RawText::from(variable.0), RawText::from(variable.1));
            if !filter(&self.policy.environment, [raw]).dropped.is_empty() {
                let twin = Try::Variable("LC_FUMEHOOD_PROBE".to_owned());
                let mut spec = Spec::new(name, tries, Try::Variable(variable.0.to_owned()))
                    .twin("finds an ordinary one that was set with it", twin);
                spec.variables = vec![variable, ("LC_FUMEHOOD_PROBE", "C.UTF-8")];
                all.push(spec);
            }
        }
        all
    }
}

/// Calls that are refused whatever the policy opens, each beside a usual one.
const CALLS: [(&str, &str, Call, &str, Call); 4] = [
    (
        "typing",
        "types into a terminal of its own",
        Call::Type,
        "writes to its other end",
        Call::WriteToTerminal,
    ),
    (
        "bpf",
        "makes a map for programs in the kernel",
        Call::MakeMap,
        "puts itself under a filter more",
        Call::AddFilter,
    ),
    (
        "keys",
        "makes a keyring or a key in the kernel",
        Call::KeepKey,
        "keeps a text in memory",
        Call::KeepInMemory,
    ),
    (
        "io-uring",
        "makes a ring of calls",
        Call::MakeRing,
        "waits for a pipe",
        Call::Poll,
    ),
];

/// What doctor's launcher is started with, and must not be seen inside: a name
/// that no list has, a secret behind a prefix that crosses, a login in a value.
const VARIABLES: [(&str, &str, (&str, &str)); 3] = [
    (
        "unlisted",
        "finds a variable that no list names",
        ("FUMEHOOD_PROBE_UNLISTED", "of doctor"),
    ),
    (
        "secret-name",
        "finds a variable named like a secret",
        ("CARGO_FUMEHOOD_PROBE_TOKEN", "of doctor"),
    ),
    (
        "secret-value",
        "finds a variable that holds a login",
        ("LC_FUMEHOOD_PROBE_LOGIN", "https://doctor:of@example.com/"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    impl Spec<'_> {
        /// A probe that looks like this from outside.
        pub fn of_outside(outside: Option<bool>) -> Self {
            let spec = Self::new("test", "is tested", Try::Answer);
            match outside {
                Some(outside) => spec.outside(move || Ok(outside)),
                None => spec,
            }
        }
    }
}
