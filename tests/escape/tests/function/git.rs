//! git, in a workspace that is a repository and in one that is none yet.

use crate::lab::{Lab, for_everybody};

/// A repository that is older than the run, with two commits and a branch.
const REPOSITORY: &str = "
git init --quiet --initial-branch=main .
echo one > a && git add a && git commit --quiet -m one
git branch side
echo two > b && git add b && git commit --quiet -m two
";

fn with_repository(test: impl Fn(&Lab)) {
    for_everybody(|lab| {
        lab.prepare(REPOSITORY);
        test(lab);
    });
}

#[test]
fn a_repository_can_be_made_where_there_is_none() {
    for_everybody(|lab| {
        lab.sh(REPOSITORY);
        assert_eq!(lab.prepare("git log --format=%s").trim(), "two\none");
    });
}

#[test]
fn add_commit_status_log_and_diff_work() {
    with_repository(|lab| {
        let said = lab.sh("
            echo three > c; git add c; git commit --quiet -m three
            echo four >> a; git status --short; git diff --stat; git commit --quiet --amend -am four
            git log --oneline | wc -l; git show --stat HEAD >/dev/null; git blame a >/dev/null");
        assert!(said.contains(" M a"), "{said}");
        assert_eq!(lab.prepare("git log -1 --format=%s").trim(), "four");
    });
}

#[test]
fn branches_are_made_switched_merged_and_deleted() {
    with_repository(|lab| {
        lab.sh("
            git checkout --quiet -b new; echo n > n; git add n; git commit --quiet -m n
            git switch --quiet side; git merge --quiet --no-edit new
            git checkout --quiet main; git merge --quiet --no-edit side
            git tag v1; git branch --list | wc -l");
        assert!(lab.workspace().join("n").exists());
    });
}

#[test]
fn a_merge_with_a_conflict_can_be_resolved() {
    with_repository(|lab| {
        lab.sh("
            git checkout --quiet side; echo other > b; git add b; git commit --quiet -m other
            git merge main && exit 9
            echo resolved > b; git add b; git commit --quiet --no-edit
            git status --short | wc -l");
    });
}

#[test]
fn rebase_cherry_pick_revert_and_reset_work() {
    with_repository(|lab| {
        lab.sh("
            git checkout --quiet side; echo s > s; git add s; git commit --quiet -m s
            git rebase --quiet main
            git checkout --quiet main; git cherry-pick side >/dev/null
            git revert --no-edit HEAD >/dev/null; git reset --quiet --hard HEAD~1");
        assert_eq!(lab.prepare("git log -1 --format=%s").trim(), "s");
    });
}

#[test]
fn stash_restore_and_clean_work() {
    with_repository(|lab| {
        lab.sh("
            echo x >> a; git stash --quiet; git stash pop --quiet; git restore a
            touch rubbish; git clean --quiet -fd; test ! -e rubbish");
    });
}

#[test]
fn worktrees_are_added_used_and_removed() {
    with_repository(|lab| {
        lab.sh("
            git worktree add --quiet linked side
            cd linked; echo w > w; git add w; git commit --quiet -m w; cd ..
            git worktree list | wc -l; git worktree remove linked");
        assert_eq!(lab.prepare("git log -1 --format=%s side").trim(), "w");
    });
}

#[test]
fn gc_repack_fsck_and_bundles_work() {
    with_repository(|lab| {
        lab.sh("git gc --quiet; git repack -qad; git fsck --no-progress; git bundle create -q x.bundle main");
    });
}

#[test]
fn a_clone_of_a_local_path_works() {
    with_repository(|lab| {
        lab.sh("
            git clone --quiet . copy; cd copy; echo c > c; git add c; git commit --quiet -m c
            git push --quiet origin HEAD:refs/heads/pushed; git fetch --quiet; git pull --quiet");
        assert_eq!(lab.prepare("git log -1 --format=%s pushed").trim(), "c");
    });
}

#[test]
fn a_hook_that_exists_is_run() {
    with_repository(|lab| {
        lab.prepare("printf '#!/bin/sh\\necho ran > hook-ran\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit");
        lab.sh("echo x > x; git add x; git commit --quiet -m x");
        assert!(lab.workspace().join("hook-ran").exists());
    });
}

#[test]
fn a_workspace_that_is_a_linked_worktree_is_read_as_one() {
    with_repository(|lab| {
        lab.prepare("git worktree add --quiet linked side");
        let workspace = lab.workspace().join("linked");
        let mut launcher = lab.outside(lab.program());
        launcher
            .args(["run", "--quiet", "--workspace"])
            .arg(&workspace);
        launcher
            .args(["--", "git", "-C"])
            .arg(&workspace)
            .args(["log", "--oneline"]);
        let ended = lab.finish(&mut launcher);
        assert_eq!(ended.code(), 0, "{}", ended.complaints);
    });
}

/// What writes `.git/config` waits for the supervisor: until then it is refused, at
/// once, and leaves a repository that works. When one of these passes, the
/// supervisor is there, and the line belongs above.
#[test]
fn what_writes_the_configuration_is_refused_and_breaks_nothing() {
    with_repository(|lab| {
        lab.prepare(
            "git init --quiet --bare ../host/far.git; git config branch.side.description x",
        );
        for line in [
            "git remote add origin ../host/far.git",
            "git config user.name other",
            "git config core.fsmonitor /bin/false",
            "git branch -m side renamed",
            "git -c protocol.file.allow=always submodule add ../host/far.git part",
        ] {
            let ended = lab.finish(&mut lab.inside(&[], &["bash", "-euc", line]));
            assert!(ended.code() != 0, "as {}: `{line}` worked", lab.user.name());
            assert!(ended.status.is_some(), "`{line}` hung");
            lab.sh("git status --short; git log --oneline; test ! -e .git/config.lock");
        }
        lab.prepare("git init --quiet --bare near.git; git remote add near ./near.git");
        // git pushes, and only complains that it cannot note where to.
        lab.finish(&mut lab.inside(&[], &["git", "push", "--set-upstream", "near", "main"]));
        let upstream = lab
            .outside("git")
            .args(["config", "branch.main.remote"])
            .output();
        assert!(
            !upstream.is_ok_and(|told| told.status.success()),
            "push -u wrote the configuration"
        );
        lab.prepare("git remote remove near");
        let kept = lab.prepare("git config --get branch.side.description; git remote | wc -l");
        assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), ["x", "0"]);
    });
}
