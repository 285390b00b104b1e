//! Processes, sockets and what programs ask the system.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use fumehood_escape::user::User;

use crate::lab::for_everybody;

#[test]
fn servers_on_loopback_are_reached_by_both_families() {
    for_everybody(|lab| {
        lab.put("page.html", "hello\n");
        for (address, url) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("0.0.0.0", "localhost"),
        ] {
            if address == "::1" && !std::path::Path::new("/proc/net/if_inet6").exists() {
                fumehood_escape::skips::skip("ipv6", "a server on ::1");
                continue;
            }
            lab.sh(&format!(
                "
                python3 -m http.server --bind {address} 8123 >/dev/null 2>&1 & server=$!
                for i in $(seq 100); do
                    if python3 -c 'import urllib.request as u; print(u.urlopen(\"http://{url}:8123/page.html\").read())' 2>/dev/null; then kill $server; exit 0; fi
                    sleep 0.1
                done; exit 4"
            ));
        }
    });
}

#[test]
fn unix_sockets_pairs_and_abstract_names_of_our_own_work() {
    for_everybody(|lab| {
        lab.sh("
            python3 - <<'PY'
import array, os, socket, threading
for name in ['own.sock', '/tmp/own.sock', '\\0own-abstract']:
    s = socket.socket(socket.AF_UNIX); s.bind(name); s.listen()
    c = socket.socket(socket.AF_UNIX); c.connect(name); p, _ = s.accept()
    c.sendall(b'x'); assert p.recv(1) == b'x'
for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET]:
    a, b = socket.socketpair(socket.AF_UNIX, kind); a.send(b'y'); assert b.recv(1) == b'y'
a, b = socket.socketpair()
socket.send_fds(a, [b'z'], [0]); _, fds, _, _ = socket.recv_fds(b, 1, 1); assert fds
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 0))
v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); v.sendto(b'u', u.getsockname()); assert u.recv(1) == b'u'
assert socket.gethostbyname('localhost') == '127.0.0.1'
PY");
    });
}

#[test]
fn what_has_no_network_is_told_at_once() {
    for_everybody(|lab| {
        lab.misses_the_network(
            "python3 -c 'import urllib.request as u; u.urlopen(\"http://example.com\", timeout=30)'",
        );
    });
}

#[test]
fn semaphores_shared_memory_and_pools_of_processes_work() {
    for_everybody(|lab| {
        lab.put(
            "pool.py",
            "import multiprocessing as m\nfrom multiprocessing import shared_memory as s\n\
             def f(x): return x * x\n\
             if __name__ == '__main__':\n\
             \x20   for way in ['fork', 'spawn']:\n\
             \x20       c = m.get_context(way)\n\
             \x20       with c.Pool(2) as p: assert p.map(f, range(10))[9] == 81\n\
             \x20       q = c.Queue(); q.put(1); assert q.get() == 1\n\
             \x20       with c.Lock(): pass\n\
             \x20   x = s.SharedMemory(create=True, size=10); x.buf[0] = 1; x.close(); x.unlink()\n",
        );
        lab.sh("python3 pool.py");
    });
}

#[test]
fn a_thousand_processes_are_built_with() {
    for_everybody(|lab| {
        lab.put(
            "Makefile",
            "T := $(shell seq 1000)\nall: $(T)\n$(T):\n\t@echo $@ > out.$@\n",
        );
        lab.sh("make -j 8 --no-print-directory; test $(ls out.* | wc -l) = 1000");
    });
}

#[test]
fn what_programs_ask_the_system_is_answered() {
    for_everybody(|lab| {
        let said = lab.sh("
            ps -e >/dev/null; ps aux | grep -q bash; df . >/dev/null; df -h >/dev/null; id; locale >/dev/null
            uptime >/dev/null; free >/dev/null; nproc >/dev/null; uname -a >/dev/null; hostname >/dev/null; date >/dev/null
            getent hosts localhost >/dev/null; cat /etc/resolv.conf >/dev/null || true
            ulimit -a >/dev/null; cat /proc/cpuinfo /proc/meminfo /proc/self/status >/dev/null; ls /sys/class/net >/dev/null
            test -n \"$HOME\"; ls -d \"$HOME\" >/dev/null; mount >/dev/null; cat /proc/sys/kernel/pid_max >/dev/null");
        assert!(said.contains(&format!("uid={}", lab.user.id)), "{said}");
    });
}

#[test]
fn a_user_whom_no_file_knows_has_a_name_inside() {
    for_everybody(|lab| {
        let said = lab.sh("whoami; getent passwd \"$(id -u)\"; getent group \"$(id -g)\"; python3 -c 'import getpass, os, pwd; pwd.getpwuid(os.getuid()); print(os.path.expanduser(\"~\"))'");
        assert!(said.contains(&lab.home().display().to_string()), "{said}");
    });
}

#[test]
fn background_jobs_pipes_and_signals_between_own_processes_work() {
    for_everybody(|lab| {
        lab.sh("
            sleep 30 & job=$!; kill $job; wait $job || test $? = 143
            trap 'echo trapped' USR1; kill -USR1 $$; yes | head -n 1000 | sort | uniq -c >/dev/null
            (sleep 0.1; kill -CONT $$) & setsid sh -c 'exit 3' || test $? = 3; wait
            timeout 1 sleep 30 || test $? = 124; nice -n 5 true; nohup true 2>/dev/null");
    });
}

#[test]
fn own_children_can_be_traced_and_debugged() {
    for_everybody(|lab| {
        if lab.has("strace") {
            lab.sh("strace -f -o trace sh -c 'true; ls >/dev/null'; grep -q execve trace");
            lab.sh("sleep 20 & strace -o attached -p $! & sleep 0.5; kill %1; wait");
        }
        if lab.has("gdb") && lab.has("cc") {
            lab.put(
                "p.c",
                "int f(int x) { return x + 1; }\nint main(void) { return f(41) == 42 ? 0 : 1; }\n",
            );
            let said = lab.sh("cc -g -O0 -o p p.c; gdb -nx -batch -ex 'break f' -ex run -ex bt -ex 'print x' -ex continue ./p 2>&1");
            assert!(
                said.contains("= 41") && said.contains("exited normally"),
                "{said}"
            );
        }
    });
}

#[test]
fn input_comes_by_a_pipe_and_may_be_closed() {
    for_everybody(|lab| {
        let mut child = lab
            .inside(&[], &["sh", "-c", "wc -c; echo done"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the launcher starts");
        let mut input = child.stdin.take().expect("it is piped");
        input
            .write_all(&vec![b'x'; 1 << 20])
            .expect("it reads all of it");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            "1048576\ndone"
        );

        let inside = lab.inside(&[], &["sh", "-c", "echo alive; cat <&0 2>/dev/null; true"]);
        for closing in [
            "exec \"$@\" <&-",
            "exec \"$@\" 2>&-",
            "exec \"$@\" <&- 2>&-",
        ] {
            let mut shell = lab.outside("sh");
            shell
                .args(["-c", closing, "sh"])
                .arg(inside.get_program())
                .args(inside.get_args());
            let ended = lab.finish(&mut shell);
            assert_eq!(
                (ended.code(), ended.text().as_str()),
                (0, "alive\n"),
                "{closing}: {}",
                ended.complaints
            );
        }
    });
}

#[test]
fn four_mebibytes_of_output_arrive_whole() {
    for_everybody(|lab| {
        let output = lab
            .inside(
                &[],
                &[
                    "sh",
                    "-c",
                    "head -c 4194304 /dev/zero; head -c 1048576 /dev/zero >&2",
                ],
            )
            .output()
            .expect("the launcher starts");
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (4 << 20, 1 << 20)
        );
    });
}

#[test]
fn nothing_of_ours_is_on_standard_output() {
    for_everybody(|lab| {
        let mut launcher = lab.outside(lab.program());
        launcher
            .args(["run", "--workspace"])
            .arg(lab.workspace())
            .args(["--", "echo", "only this"]);
        assert_eq!(lab.finish(&mut launcher).text(), "only this\n");
        let quiet = lab.finish(&mut lab.inside(&[], &["true"]));
        assert_eq!(quiet.complaints, "");
    });
}

#[test]
fn two_commands_run_in_one_workspace_at_once() {
    for_everybody(|lab| {
        let script = "for i in $(seq 20); do echo x >> shared; cat shared /tmp/both >/dev/null 2>&1; echo y >> /tmp/both; done";
        let children: Vec<_> = (0..3)
            .map(|_| {
                lab.inside(&[], &["sh", "-c", script])
                    .spawn()
                    .expect("the launcher starts")
            })
            .collect();
        for mut child in children {
            assert!(child.wait().expect("it is our child").success());
        }
        assert_eq!(
            lab.sh("wc -l < shared; wc -l < /tmp/both")
                .split_whitespace()
                .collect::<Vec<_>>(),
            ["60", "60"]
        );
    });
}

#[test]
fn variables_that_builds_need_cross_and_can_be_set() {
    for_everybody(|lab| {
        let mut launcher = lab.inside(&["--env", "EXTRA=set", "--env", "NAMED"], &["env"]);
        let ended = lab.finish(
            launcher
                .env("NAMED", "by name")
                .env("CFLAGS", "-O2")
                .env("LC_ALL", "C.UTF-8"),
        );
        for line in [
            "EXTRA=set",
            "NAMED=by name",
            "CFLAGS=-O2",
            "LC_ALL=C.UTF-8",
            "TERM=xterm",
        ] {
            assert!(
                ended.text().lines().any(|had| had == line),
                "{line} is missing in {}",
                ended.text()
            );
        }
    });
}

/// Kubernetes and some container engines cover parts of /proc: then no new one may
/// be mounted by who is not root outside.
#[test]
fn a_masked_proc_does_not_stop_a_run() {
    let can = std::process::Command::new("unshare")
        .args(["--mount", "true"])
        .status();
    if !User::current().is_root() || !can.is_ok_and(|status| status.success()) {
        fumehood_escape::skips::skip("not-root", "masking /proc needs root");
        return;
    }
    for_everybody(|lab| {
        let inside = lab.inside(
            &[],
            &[
                "sh",
                "-euc",
                "echo x > made; cat /proc/self/comm; test ! -w /proc/sys/kernel/core_pattern",
            ],
        );
        let mask = "mount --bind /dev/null /proc/interrupts && mount -t tmpfs -o ro none /proc/sys && exec \"$@\"";
        let mut command = lab.outside("unshare");
        command.uid(0).gid(0).args([
            "--mount",
            "--propagation",
            "private",
            "--",
            "sh",
            "-c",
            mask,
            "sh",
        ]);
        command
            .args(lab.user.setpriv())
            .arg(inside.get_program())
            .args(inside.get_args());
        let ended = lab.finish(&mut command);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (0, "cat\n"),
            "as {}: {}",
            lab.user.name(),
            ended.complaints
        );
    });
}
