//! Files: everything that tools do with them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use fumehood_escape::user::User;

use crate::lab::{Lab, for_everybody};

#[test]
fn files_are_made_renamed_linked_and_removed_across_folders() {
    for_everybody(|lab| {
        lab.sh("
            mkdir -p a/b c; echo x > a/b/f
            mv a/b/f c/f; mv c/f a/b/g; ln a/b/g c/hard; ln -s ../a/b/g c/soft; cat c/soft c/hard
            mv a/b c/b; mv c/b/g a/g; rm -r c/b; rmdir a 2>/dev/null || rm a/g; test ! -e c/b
            python3 -c 'import os; open(\"p\",\"w\"); open(\"q\",\"w\"); os.link(\"p\",\"c/p\"); os.replace(\"q\",\"c/p\")'");
    });
}

#[test]
fn copies_keep_modes_times_links_and_sparse_files() {
    for_everybody(|lab| {
        lab.sh("
            mkdir src; echo x > src/f; chmod 640 src/f; touch -d 2001-02-03 src/f; ln -s f src/l; ln src/f src/h
            truncate -s 10M src/sparse; mkfifo src/fifo
            cp -a src copy; test \"$(stat -c '%a %Y' src/f)\" = \"$(stat -c '%a %Y' copy/f)\"
            test \"$(readlink copy/l)\" = f; test copy/f -ef copy/h; test -p copy/fifo
            tar -cf t.tar src; mkdir out; tar -xpf t.tar -C out; test \"$(stat -c %Y out/src/f)\" = \"$(stat -c %Y src/f)\"
            tar -czf t.tgz src; gzip -dc t.tgz | tar -tf - >/dev/null; cp --reflink=auto src/f reflinked
            if command -v rsync >/dev/null; then rsync -a src/ synced/; fi");
    });
}

#[test]
fn locks_mappings_allocation_and_watches_work() {
    for_everybody(|lab| {
        lab.sh("
            flock lock -c 'echo locked'; (flock -n 9 && ! flock -n lock -c true) 9>lock
            python3 - <<'PY'
import ctypes, fcntl, mmap, os, select, struct
f = open('m', 'wb+'); os.posix_fallocate(f.fileno(), 0, 8192)
m = mmap.mmap(f.fileno(), 8192); m[0:5] = b'hello'; m.flush(); m.close()
assert open('m', 'rb').read(5) == b'hello'
fcntl.lockf(f, fcntl.LOCK_EX); fcntl.flock(f, fcntl.LOCK_EX)
libc = ctypes.CDLL(None)
n = libc.inotify_init1(0o4000); assert n >= 0
assert libc.inotify_add_watch(n, b'.', 0x100) > 0
open('watched', 'w'); assert select.select([n], [], [], 2)[0]
t = os.open('.', os.O_TMPFILE | os.O_RDWR, 0o600)
assert libc.linkat(-100, f'/proc/self/fd/{t}'.encode(), -100, b'from-tmpfile', 0x400) == 0
os.setxattr('m', 'user.note', b'x'); assert os.getxattr('m', 'user.note') == b'x'
PY");
    });
}

#[test]
fn devices_that_programs_expect_are_there() {
    for_everybody(|lab| {
        lab.sh("
            echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; head -c 4 /dev/random | wc -c
            (echo x > /dev/full) 2>/dev/null && exit 3
            echo x > /dev/shm/f; cat /dev/shm/f; test -c /dev/ptmx; test -d /dev/pts; ls -l /dev/fd/ /dev/stdin >/dev/null
            echo via-fd | cat /dev/fd/0; cat <(echo substitution); (echo to-stdout > /dev/stdout; echo to-stderr > /dev/stderr) 2>&1 | cat");
    });
}

#[test]
fn standard_output_can_be_opened_by_its_name_when_it_is_a_file() {
    for_everybody(|lab| {
        // Everything that a lab runs writes to files outside of the workspace.
        lab.sh(
            "echo to-stdout > /dev/stdout; echo to-stderr > /dev/stderr; echo x | tee /dev/stderr",
        );
    });
}

#[test]
fn the_private_tmp_is_kept_between_runs_and_is_not_the_host_s() {
    for_everybody(|lab| {
        lab.sh("echo kept > /tmp/kept; echo also > /var/tmp/kept; mktemp >/dev/null; test -w \"$TMPDIR\"");
        assert_eq!(lab.sh("cat /tmp/kept /var/tmp/kept"), "kept\nalso\n");
        assert!(!Path::new("/tmp/kept").exists());
    });
}

#[test]
fn a_full_folder_of_names_is_listed_and_removed() {
    for_everybody(|lab| {
        lab.sh("mkdir many; (cd many; seq 2000 | xargs touch); test $(ls many | wc -l) = 2000; find many -name '1*' | wc -l; rm -r many");
    });
}

#[test]
fn set_group_id_folders_sticky_bits_and_umasks_behave() {
    for_everybody(|lab| {
        lab.sh("umask 027; mkdir d; touch f; test $(stat -c %a d) = 750; test $(stat -c %a f) = 640; chmod 1777 d; chmod +x f; chmod 600 f");
    });
}

/// Names of workspaces that scripts get wrong.
fn odd_names() -> Vec<PathBuf> {
    let long = ["long".repeat(50), "x".repeat(100)].join("/");
    [
        b"with some spaces".to_vec(),
        "한글 작업".as_bytes().to_vec(),
        b"new\nline".to_vec(),
        b"quote'\"$(x)`y`".to_vec(),
        b"-dash".to_vec(),
        b"glob*[a]?{b,c}".to_vec(),
        b"tab\tback\\slash:colon,comma=equals%".to_vec(),
        b"not-utf8-\xff\xfe".to_vec(),
        long.into_bytes(),
    ]
    .iter()
    .map(|name| PathBuf::from(OsStr::from_bytes(name)))
    .collect()
}

#[test]
fn a_workspace_may_have_any_name_that_a_folder_can_have() {
    for user in User::all() {
        for name in odd_names() {
            let (lab, workspace) = Lab::named(user, &name);
            let mut launcher = lab.outside(lab.program());
            launcher
                .current_dir(&workspace)
                .args(["run", "--quiet", "--workspace"])
                .arg(&workspace);
            launcher.args(["--", "sh", "-euc", "echo x > made; cat made; test \"$(pwd -P)\" = \"$PWD\"; mkdir d; cd d; pwd >/dev/null"]);
            let ended = lab.finish(&mut launcher);
            assert_eq!(
                ended.code(),
                0,
                "{name:?} as {}: {}",
                user.name(),
                ended.complaints
            );
            assert!(workspace.join("made").exists(), "{name:?}");
        }
    }
}

#[test]
fn files_and_arguments_may_have_any_name() {
    for_everybody(|lab| {
        for name in odd_names()
            .iter()
            .filter(|name| name.components().count() == 1)
        {
            let mut launcher = lab.inside(
                &[],
                &["sh", "-euc", "echo x > \"./$1\"; cat \"./$1\"", "sh"],
            );
            let ended = lab.finish(launcher.arg(name));
            assert_eq!(ended.code(), 0, "{name:?}: {}", ended.complaints);
            assert!(lab.workspace().join(name).exists(), "{name:?}");
        }
    });
}

#[test]
fn no_file_appears_that_the_command_did_not_make() {
    for_everybody(|lab| {
        lab.prepare("git init --quiet .");
        lab.put(".vscode/tasks.json", "{}\n");
        let before = lab.prepare("find . | sort; git status --short");
        let during = lab.sh("find . | sort; git status --short");
        let after = lab.prepare("find . | sort; git status --short");
        assert_eq!(before, during, "as {}", lab.user.name());
        assert_eq!(before, after, "as {}", lab.user.name());
    });
}

#[test]
fn a_workspace_in_the_temporary_folder_is_the_host_s_and_the_rest_of_it_is_not() {
    for_everybody(|lab| {
        let folder = PathBuf::from(format!("/tmp/fhw{}-{}", std::process::id(), lab.user.id));
        fumehood_escape::world::put(&folder.join("w/mine"), "host\n");
        fumehood_escape::world::put(&folder.join("beside"), "host\n");
        fumehood_escape::base::give(&folder, lab.user);
        let mut launcher = lab.outside(lab.program());
        launcher
            .current_dir(folder.join("w"))
            .args(["run", "--quiet", "--workspace"])
            .arg(folder.join("w"));
        launcher.args([
            "--",
            "sh",
            "-euc",
            "cat mine; echo new > made; test ! -e ../beside; echo x > /tmp/x",
        ]);
        let ended = lab.finish(&mut launcher);
        let made = folder.join("w/made").exists();
        std::fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!(
            (ended.code(), ended.text().as_str(), made),
            (0, "host\n", true),
            "{}",
            ended.complaints
        );
    });
}
