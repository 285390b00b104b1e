//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
