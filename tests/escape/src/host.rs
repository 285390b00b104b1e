//! What the host does while a command runs, when the attempt asks for it.
//!
//! The attempt writes a wish into `.ready` in the workspace and waits for `.go`.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use crate::launch::must;
use crate::world::{MARKER, World, put_as};

/// Whether the attempt has asked, and then what; does it and answers.
///
/// Returns whether something changed that a snapshot would show.
pub fn serve(world: &World, child: &mut Child) -> bool {
    let asked = world.workspace().join(".ready");
    let Ok(wish) = fs::read_to_string(&asked) else {
        return false;
    };
    fs::remove_file(&asked).expect("it was there");
    let answer = act(&wish, world, child);
    let part = world.path.join("answer");
    put_as(world.user, &part, answer);
    fs::rename(&part, world.workspace().join(".go")).expect("one file system");
    true
}

fn act(wish: &str, world: &World, launcher: &mut Child) -> &'static str {
    match wish {
        "replace-secret-file" => replace(world, &world.secret_file()),
        "replace-secret-in-folder" => replace(world, &world.secret().join("key")),
        "replace-netrc" => replace(world, &world.home().join(".netrc")),
        "replace-own" => replace(world, &world.own().join("target")),
        "replace-git-config" => replace(world, &world.workspace().join(".git/config")),
        "create-pem" => put_as(world.user, &world.out().join("later.pem"), MARKER),
        "touch-secret" => put_as(world.user, &world.secret().join("new"), MARKER),
        "touch-secret-file" => fs::write(world.secret_file(), MARKER).expect("it is ours"),
        "later-mount" => mount(launcher, &world.out().join("later")),
        "later-mount-own" => mount(launcher, &world.own().join("later")),
        "kill-launcher" => launcher.kill().expect("it is our child"),
        _ => return connect(wish),
    }
    "done"
}

/// As most tools write: beside it, then renamed onto it.
fn replace(world: &World, path: &Path) {
    let beside = path.with_extension("fresh");
    put_as(world.user, &beside, MARKER);
    fs::rename(&beside, path).expect("one file system");
}

/// Mounts a file system in the namespace that the launcher was started in.
fn mount(child: &Child, point: &Path) {
    let script =
        "mount -t tmpfs none \"$0\" && echo target > \"$0/target\" && chmod 666 \"$0/target\"";
    must(
        Command::new("nsenter")
            .arg(format!("--target={}", child.id()))
            .args(["--mount", "--", "sh", "-c", script])
            .arg(point),
    );
}

/// `connect4 PORT` or `connect6 PORT`: looks for a server that runs inside.
fn connect(wish: &str) -> &'static str {
    let (family, port) = wish.split_once(' ').expect("a wish of the host's");
    let port: u16 = port.parse().expect("a port");
    let address = match family {
        "connect4" => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        "connect6" => SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
        other => panic!("nobody knows how to {other}"),
    };
    match TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
        Ok(_) => "connected",
        Err(_) => "refused",
    }
}
