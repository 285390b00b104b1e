//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fumehood_nt::ObjectKind;

/// Run a command with broad reads, writes only in the workspace, and no network.
#[derive(Debug, Parser)]
#[command(name = "fumehood", version, about, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// `fumehood run` and nothing else. To define all that can be typed takes longer than
/// to read what was, and this stands in front of every command.
#[derive(Debug, Parser)]
struct OnlyRun {
    #[command(flatten)]
    run: Run,
}

impl Arguments {
    /// Reads what was typed.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or the help that was asked for.
    pub fn read() -> Result<Self, clap::Error> {
        let mut words = std::env::args_os().skip(1).peekable();
        if words.peek().is_some_and(|word| word == "run")
            && let Ok(OnlyRun { run }) = OnlyRun::try_parse_from(words)
        {
            let action = Action::Run(run);
            return Ok(Self { action });
        }
        // Whatever is to be said is said with everything in view.
        Self::try_parse()
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Run a command inside the sandbox.
    Run(Run),
    /// Print what would be done, and touch nothing.
    Plan(Plan),
    /// Say what the policy answers to one request, which rule says so, and what would change it.
    Why(Why),
    /// Try the boundary on this machine, probe by probe.
    Doctor(Doctor),
    /// Look at and prepare configuration.
    #[command(subcommand)]
    Config(Config),
    /// NT security on any machine: descriptors, tokens, and what the access check answers.
    #[command(subcommand)]
    Nt(Nt),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder.
    Man {
        /// The folder; it must exist.
        folder: PathBuf,
    },
}

/// Flags that say what a policy is made of.
#[derive(Debug, Clone, Args)]
pub struct PolicyFlags {
    /// Profile: `workspace-write`, `read-only`, or one from the configuration.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// One more configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The workspace, instead of the current folder.
    #[arg(long, value_name = "FOLDER")]
    pub workspace: Option<PathBuf>,
    /// Open a place for writing.
    #[arg(long, value_name = "PATH")]
    pub allow_write: Vec<OsString>,
    /// Close a place for writing.
    #[arg(long, value_name = "PATH")]
    pub deny_write: Vec<OsString>,
    /// Open a place for reading that is hidden otherwise.
    #[arg(long, value_name = "PATH")]
    pub allow_read: Vec<OsString>,
    /// Hide a place.
    #[arg(long, value_name = "PATH")]
    pub deny_read: Vec<OsString>,
    /// How much of the network there is.
    #[arg(long, value_enum, value_name = "MODE")]
    pub network: Option<Network>,
    /// A host that may be spoken to, with `--network names`.
    #[arg(long, value_name = "HOST[:PORT]")]
    pub allow_host: Vec<String>,
    /// Set a variable, or let one of the caller's through by its name.
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<OsString>,
    /// Bound a resource of the whole tree.
    #[arg(long, value_name = "NAME=VALUE")]
    pub limit: Vec<String>,
    /// End the tree after so long, such as `90s` or `30m`.
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Accept a gap by its name.
    #[arg(long, value_name = "GAP")]
    pub accept: Vec<String>,
}

/// How much of the network there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Network {
    /// A loopback of its own.
    Off,
    /// Hosts by name.
    Names,
    /// The host's.
    On,
}

/// `fumehood run`
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// Give the command a terminal of its own, whatever its streams are.
    ///
    /// What is typed or piped in goes there, and what is shown there goes to standard output,
    /// as on a terminal: both streams in one, lines ending in CR LF, input echoed. Keys such as
    /// Ctrl-C and Ctrl-Z act inside. Without a terminal outside it has 24 lines of 80 columns,
    /// and the end of standard input is typed as Ctrl-D.
    #[arg(long)]
    pub pty: bool,
    /// Say nothing of our own, not even what is enforced.
    #[arg(long, short)]
    pub quiet: bool,
    /// Append what happens to a file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub json_status: Option<PathBuf>,
    /// The command and its arguments.
    #[arg(required = true, last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// `fumehood plan`
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// For which system.
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub platform: Option<Platform>,
    /// For a command with a terminal of its own, as `run --pty` gives it.
    #[arg(long)]
    pub pty: bool,
    /// As JSON: the structure that is executed.
    #[arg(long)]
    pub json: bool,
    /// The command and its arguments.
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// A system that a plan can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// Linux
    Linux,
    /// Windows
    Windows,
    /// macOS
    Macos,
}

/// `fumehood why`
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 allowed, 1 refused, 125 not answered.\n\n\
A relative path is relative to the current folder, and symlinks are followed: a policy is about \
real places.")]
pub struct Why {
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// What a command would do.
    #[arg(value_enum)]
    pub action: Deed,
    /// To what: a path, or a host, or a socket's path.
    pub target: OsString,
}

/// What a command would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deed {
    /// Open to read, or list.
    Read,
    /// Create or change.
    Write,
    /// Delete, or rename away.
    Delete,
    /// Execute.
    Run,
    /// Speak to a host or a socket.
    Connect,
}

/// `fumehood doctor`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 everything that has to hold was tried and held, 1 something \
is broken or unknown, 125 not examined."
)]
pub struct Doctor {
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `fumehood config`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print the policy that holds here.
    Show {
        #[command(flatten)]
        policy: Box<PolicyFlags>,
        /// With where each value comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Print the JSON Schema of config.toml.
    Schema,
    /// Print the files that are read, and whether they are there.
    Path,
    /// Write a commented config.toml where there is none yet.
    Init,
    /// Trust a project's file as it is now.
    Trust {
        /// The file.
        #[arg(default_value = ".fumehood/config.toml")]
        file: PathBuf,
        /// Take the trust back.
        #[arg(long)]
        revoke: bool,
    },
}

/// `fumehood nt`
#[derive(Debug, Subcommand)]
pub enum Nt {
    /// Answer access checks from standard input, a JSON object a line, for other programs.
    #[command(after_help = CHECK)]
    Check,
    /// Say in plain words what a security descriptor says.
    Sddl(NtSddl),
    /// Say step by step how one access check is decided.
    Explain(NtExplain),
}

/// `fumehood nt sddl`
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 told, 125 not a descriptor.")]
pub struct NtSddl {
    /// The descriptor in SDDL; without it or with `-`, standard input.
    pub text: Option<String>,
    /// As JSON.
    #[arg(long, conflicts_with = "from_json")]
    pub json: bool,
    /// The text is what `--json` printed: print the SDDL.
    #[arg(long)]
    pub from_json: bool,
    /// The kind of object whose rights it is about.
    #[arg(long, value_name = "KIND", default_value_t = ObjectKind::File)]
    pub object: ObjectKind,
}

/// `fumehood nt explain`
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 granted, 1 denied, 125 not answered.")]
pub struct NtExplain {
    /// The question, as `fumehood nt check` takes it; without it or with `-`, standard input.
    pub question: Option<String>,
}

/// What `fumehood nt check` reads and writes.
const CHECK: &str = r#"A line of input, here broken for reading:

  {"sddl": "O:BAG:SYD:(A;;FR;;;BU)",
   "token": {"user": "S-1-5-21-1-2-3-1001", "user_attr": "enabled",
             "groups": [["S-1-5-32-545", "enabled"], ["S-1-5-32-544", "deny-only"]],
             "restricting": ["S-1-5-12"], "write_restricted": false,
             "privileges": ["SeTakeOwnershipPrivilege"], "integrity": "S-1-16-8192"},
   "want": "0x00120089", "object": "file"}

Of the token only `user` must be there; null is the same as absent. `user_attr` is enabled or
deny-only, a group enabled, disabled or deny-only. Without `restricting` the token is not
restricted by a list; an empty list lets nothing through. Privileges are enabled ones; without
`integrity` the level is medium. With MAXIMUM_ALLOWED (0x02000000) in `want`, `mask` is what would
be granted.

A line of output:

  {"granted":true,"mask":"0x00120089"}
  {"granted":false,"mask":"0x00000000","depends_on":["deny-only-owner"]}
  {"error":"sddl: expected `;` at byte 5"}

`depends_on` names the open questions about NT that the answer hangs on, `unknown` the ACE whose
condition or policy the model cannot know. Every line has its answer in its place; an empty one, one
that is no UTF-8, one of more than 4 MiB and one with a field that is not known are errors, and
reading goes on.

Exit code: 0 at the end of the input, whatever the answers; 125 if a stream fails."#;
