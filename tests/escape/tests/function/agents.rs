//! Agents of the user: reached where the policy opens them, and nowhere else.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Stdio};

use fumehood_escape::base::give;
use fumehood_escape::skips::skip;

use crate::lab::{Lab, for_everybody};

/// The policy that opens agents.
const OPEN: &str = "version = 1\n[sockets]\nagents = true\n";
/// The one that does not.
const CLOSED: &str = "version = 1\n";

/// Answers whoever connects.
const SERVER: &str = "
import os, socket, sys
s = socket.socket(socket.AF_UNIX); os.umask(0o077); s.bind(sys.argv[1]); s.listen(); print('listens', flush=True)
while True: s.accept()[0].sendall(b'the agent')
";

/// Asks whoever listens.
const CLIENT: &str = "
import socket, sys
s = socket.socket(socket.AF_UNIX)
try: s.connect(sys.argv[1])
except OSError as error: sys.exit('refused: %s' % error)
print(s.recv(99).decode())
";

/// A process outside that ends with the test.
struct Outside(Child);

impl Drop for Outside {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ended = self.0.kill();
        let _taken = self.0.wait();
    }
}

/// Listens at `socket`, outside.
fn listen(lab: &Lab, socket: &Path) -> Outside {
    let folder = socket.parent().expect("it lies somewhere");
    fs::create_dir_all(folder).expect("it is ours");
    give(folder, lab.user);
    let mut server = lab.outside("python3");
    server.args(["-c", SERVER]).arg(socket);
    let mut server = server
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut line = String::new();
    let output = server.stdout.take().expect("it is piped");
    let read = BufReader::new(output).read_line(&mut line);
    assert!(read.is_ok() && line == "listens\n", "{line}");
    Outside(server)
}

/// What a command says that is run with the policy `config`, and its code.
fn said(lab: &Lab, config: &str, agent: &Path, command: &[&str]) -> (i32, String) {
    lab.keep(".config/fumehood/config.toml", config);
    let mut launcher = lab.inside(&[], command);
    let ended = lab.finish(launcher.env("SSH_AUTH_SOCK", agent));
    let text = format!("{}{}", ended.text(), ended.complaints);
    (ended.code(), text)
}

/// Whether the socket at `asked` answers a command inside.
fn answers(lab: &Lab, config: &str, agent: &Path, asked: &str) -> bool {
    let script = format!("exec python3 -c \"$0\" {asked}");
    let (code, text) = said(lab, config, agent, &["sh", "-c", &script, CLIENT]);
    assert!(
        (code == 0 && text == "the agent\n") || (code == 1 && text.starts_with("refused")),
        "{asked}: {code}: {text}"
    );
    code == 0
}

#[test]
fn agents_answer_where_they_are_open_and_only_there() {
    for_everybody(|lab| {
        let temp = lab.host_temp();
        let link = lab.home().join("agent-of-the-day");
        symlink(lab.home().join(".ssh/agent/s"), &link).expect("it is ours");
        for (name, agent, asked) in [
            ("in /tmp", temp.join("ssh-x/agent.1"), "$SSH_AUTH_SOCK"),
            ("hidden", lab.home().join(".ssh/agent/s"), "$SSH_AUTH_SOCK"),
            (
                "of gpg",
                lab.home().join(".gnupg/S.gpg-agent"),
                "$HOME/.gnupg/S.gpg-agent",
            ),
        ] {
            let _server = listen(lab, &agent);
            assert!(answers(lab, OPEN, &agent, asked), "{name}");
            let path = agent.display().to_string();
            assert!(!answers(lab, CLOSED, &agent, &path), "{name}");
            if name == "of gpg" {
                let inside = "/run/user/$(id -u)/gnupg/S.gpg-agent";
                assert!(answers(lab, OPEN, &agent, inside), "where gpg looks");
            }
            if name == "hidden" {
                assert!(answers(lab, OPEN, &link, asked), "over a symlink");
                let denied = format!("{OPEN}[constraints]\ndeny_read = ['~/.ssh']\n");
                assert!(!answers(lab, &denied, &agent, &path), "denied by name");
            }
        }
    });
}

#[test]
fn a_deny_keeps_a_socket_closed_by_whatever_name_it_is_said() {
    for_everybody(|lab| {
        let real = lab.home().join("real-agents");
        let agent = real.join("s");
        let _server = listen(lab, &agent);
        let link = lab.home().join("agents");
        symlink(&real, &link).expect("it is ours");
        lab.keep("real-agents/folder/secret", "SECRET");
        let path = agent.display().to_string();
        assert!(answers(lab, OPEN, &agent, &path), "the twin");
        let denied = format!("{OPEN}[constraints]\ndeny_read = ['~/agents']\n");
        assert!(
            !answers(lab, &denied, &agent, &path),
            "denied over a symlink"
        );
        let folder = real.join("folder").display().to_string();
        let named = format!("version = 1\n[sockets]\npaths = ['{folder}']\n");
        let show = ["cat", &format!("{folder}/secret")];
        let (code, text) = said(lab, &named, &agent, &show);
        assert_eq!((code, text.as_str()), (0, "SECRET"), "the twin");
        let named = format!("{named}[constraints]\ndeny_read = ['~/agents']\n");
        let (_, text) = said(lab, &named, &agent, &show);
        assert!(!text.contains("SECRET"), "{text}");
    });
}

#[test]
fn a_socket_in_a_folder_of_devices_stays_out_and_stops_no_start() {
    for_everybody(|lab| {
        let name = format!(
            "fumehood-agent-{}-{}",
            std::process::id(),
            lab.user.is_root()
        );
        let folder = Path::new("/dev/shm").join(name);
        let agent = folder.join("s");
        let _server = listen(lab, &agent);
        let path = agent.display().to_string();
        assert!(!answers(lab, OPEN, &agent, &path));
        fs::remove_dir_all(&folder).expect("it is ours");
    });
}

#[test]
fn the_variable_of_an_agent_crosses_with_it_and_an_agent_that_is_gone_is_no_error() {
    for_everybody(|lab| {
        let gone = Path::new("/tmp/no-such-agent/agent.1");
        let show = ["sh", "-c", "echo \"${SSH_AUTH_SOCK-none}\""];
        let (code, text) = said(lab, OPEN, gone, &show);
        assert_eq!((code, text.trim()), (0, "/tmp/no-such-agent/agent.1"));
        let (code, text) = said(lab, CLOSED, gone, &show);
        assert_eq!((code, text.trim()), (0, "none"));
    });
}

#[test]
fn an_open_agent_opens_no_secret_beside_it_and_no_file_that_its_variable_names() {
    for_everybody(|lab| {
        lab.keep(".ssh/id_ed25519", "SECRET");
        let agent = lab.home().join(".ssh/agent/s");
        let _server = listen(lab, &agent);
        let read = [
            "sh",
            "-c",
            "exec 2>&1; cat ~/.ssh/id_ed25519 || ls -A ~/.ssh",
        ];
        let (_, text) = said(lab, OPEN, &agent, &read);
        assert!(
            text.ends_with("\nagent\n") && !text.contains("SECRET"),
            "{text}"
        );
        let (_, text) = said(lab, OPEN, &lab.home().join(".ssh/id_ed25519"), &read);
        assert!(!text.contains("SECRET"), "{text}");
    });
}

#[test]
fn the_ssh_agent_itself_answers_where_agents_are_open() {
    for_everybody(|lab| {
        let look = "command -v ssh-agent && command -v ssh-add";
        if !lab
            .outside("sh")
            .args(["-c", look])
            .output()
            .is_ok_and(|output| output.status.success())
        {
            skip("tool", &format!("ssh-agent, as {}", lab.user.name()));
            return;
        }
        let folder = lab.host_temp();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("it is ours");
        let socket = folder.join("agent.1");
        let mut agent = lab.outside("ssh-agent");
        agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null());
        let _agent = Outside(agent.spawn().expect("it is installed"));
        lab.prepare(&format!(
            "for i in $(seq 100); do test -S {0} && exit 0; sleep 0.05; done; exit 1",
            socket.display()
        ));
        // ssh-add(1): 1 if the agent has no keys, 2 if it cannot be reached.
        let list = ["ssh-add", "-l"];
        let (code, text) = said(lab, OPEN, &socket, &list);
        assert!(
            code == 1 && text.contains("no identities"),
            "{code}: {text}"
        );
        let named = format!("{CLOSED}environment.inherit = ['SSH_AUTH_SOCK']\n");
        let (code, text) = said(lab, &named, &socket, &list);
        assert!(
            code == 2 && text.contains("connecting to agent"),
            "{code}: {text}"
        );
    });
}
