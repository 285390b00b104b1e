/* Namespaces and mounts: taking the covers off, or living where there are none.
 *
 * Calls are made directly, without a C library between, so that what is refused
 * is the call. The twin of a call that makes a namespace is the same call that
 * makes none. */
#include "attempt.h"
#include <linux/mount.h>
#include <linux/sched.h>
#include <sys/mount.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static unsigned long namespaces(const char *how)
{
    static const struct { const char *name; unsigned long flags; } kinds[] = {
        { "user", CLONE_NEWUSER }, { "mount", CLONE_NEWNS }, { "process", CLONE_NEWPID },
        { "network", CLONE_NEWNET }, { "ipc", CLONE_NEWIPC }, { "host-name", CLONE_NEWUTS },
        { "control-group", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
        { "user-mount", CLONE_NEWUSER | CLONE_NEWNS }, { "user-network", CLONE_NEWUSER | CLONE_NEWNET },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, how))
            return kinds[i].flags;
    unknown("no such namespace: %s", how);
}

static void finish_child(const char *what, long child)
{
    if (child == 0)
        _exit(0);
    if (child < 0)
        refused(what);
    must("waitpid", waitpid((pid_t)child, NULL, 0));
    achieved("%s", what);
}

static void by_clone(const char *how)
{
    unsigned long flags = SIGCHLD | (twin ? 0 : namespaces(how));
    finish_child("clone", syscall(SYS_clone, flags, NULL, NULL, NULL, 0));
}

static void by_clone3(const char *how)
{
    struct clone_args how_to = { .flags = twin ? 0 : namespaces(how), .exit_signal = SIGCHLD };
    long child = syscall(SYS_clone3, &how_to, sizeof how_to);
    if (child < 0 && twin && errno == ENOSYS)
        /* A sandbox may take clone3 away: then programs fall back to clone. */
        child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
    finish_child("clone3", child);
}

static void by_unshare(const char *how)
{
    if (twin)
        finish_child("clone", syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
    verdict("unshare", syscall(SYS_unshare, namespaces(how)));
}

static void by_setns(const char *how)
{
    if (twin)
        verdict("stat", access("/proc/self/ns/mnt", F_OK));
    int from = -1;
    if (!strcmp(how, "victim"))
        from = open(text("/proc/%ld/ns/mnt", number("VICTIM")), O_RDONLY);
    else if (!strcmp(how, "victim-user"))
        from = open(text("/proc/%ld/ns/user", number("VICTIM")), O_RDONLY);
    else if (!strcmp(how, "victim-descriptor"))
        from = (int)syscall(SYS_pidfd_open, number("VICTIM"), 0);
    else
        from = open(text("/proc/%d/ns/mnt", getppid()), O_RDONLY);
    if (from < 0)
        refused("open");
    if (!strcmp(how, "victim-user"))
        /* One's own user namespace is refused with EINVAL: being there is enough. */
        achieved("opened the user namespace outside");
    verdict("setns", setns(from, CLONE_NEWNS));
}

/* `mount` and its kin. The twin reaches the same place as the policy allows. */
static void by_mount(const char *how)
{
    must("mkdir", mkdir(work("point"), 0755));
    if (twin)
        verdict("open the folder", open(work("point"), O_RDONLY | O_DIRECTORY));
    if (!strcmp(how, "bind"))
        verdict(how, mount(value("OUT"), work("point"), NULL, MS_BIND, NULL));
    if (!strcmp(how, "tmpfs"))
        verdict(how, mount("none", work("point"), "tmpfs", 0, NULL));
    if (!strcmp(how, "proc"))
        verdict(how, mount("none", work("point"), "proc", 0, NULL));
    if (!strcmp(how, "sysfs"))
        verdict(how, mount("none", work("point"), "sysfs", 0, NULL));
    if (!strcmp(how, "devpts"))
        verdict(how, mount("none", work("point"), "devpts", 0, NULL));
    if (!strcmp(how, "mqueue"))
        verdict(how, mount("none", work("point"), "mqueue", 0, NULL));
    if (!strcmp(how, "control-group"))
        verdict(how, mount("none", work("point"), "cgroup2", 0, NULL));
    if (!strcmp(how, "overlay"))
        verdict(how, mount("none", work("point"), "overlay", 0,
                           text("lowerdir=%s:%s", value("OUT"), work("own"))));
    if (!strcmp(how, "remount"))
        verdict(how, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
    if (!strcmp(how, "propagation"))
        verdict(how, mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
    if (!strcmp(how, "move"))
        verdict(how, mount("/tmp", work("point"), NULL, MS_MOVE, NULL));
}

static void by_umount(const char *how)
{
    if (twin)
        verdict("stat", access("/tmp", F_OK));
    const char *what = !strcmp(how, "secret") ? value("SECRET") : !strcmp(how, "hooks") ? work(".git/hooks") : how;
    verdict("umount2", umount2(what, MNT_DETACH));
}

static void by_new_calls(const char *how)
{
    if (twin)
        verdict("open", open(value("OUT"), O_PATH | O_DIRECTORY));
    if (!strcmp(how, "open-tree"))
        verdict(how, syscall(SYS_open_tree, AT_FDCWD, value("OUT"), OPEN_TREE_CLONE));
    if (!strcmp(how, "open-tree-plain"))
        verdict(how, syscall(SYS_open_tree, AT_FDCWD, value("OUT"), 0));
    if (!strcmp(how, "open-tree-attr")) {
        struct mount_attr change = { .attr_clr = MOUNT_ATTR_RDONLY };
        verdict(how, syscall(467, AT_FDCWD, value("OUT"), OPEN_TREE_CLONE, &change, sizeof change));
    }
    if (!strcmp(how, "fsopen"))
        verdict(how, syscall(SYS_fsopen, "tmpfs", 0));
    if (!strcmp(how, "fspick"))
        verdict(how, syscall(SYS_fspick, AT_FDCWD, "/", 0));
    if (!strcmp(how, "move-mount"))
        verdict(how, syscall(SYS_move_mount, AT_FDCWD, "/dev/pts", AT_FDCWD, value("OUT"), 0));
    if (!strcmp(how, "mount-setattr")) {
        struct mount_attr change = { .attr_clr = MOUNT_ATTR_RDONLY };
        verdict(how, syscall(SYS_mount_setattr, AT_FDCWD, twin ? "/" : "/proc", 0, &change, sizeof change));
    }
    if (!strcmp(how, "pivot-root"))
        verdict(how, syscall(SYS_pivot_root, value("W"), value("W")));
    if (!strcmp(how, "chroot"))
        verdict(how, chroot(value("OUT")));
}

/* A nested user namespace is where all of the above would be allowed again. */
static int nested(void *with)
{
    (void)with;
    wait_ms(20);
    if (mount("none", "/tmp", "tmpfs", 0, NULL))
        return errno;
    return 0;
}

static void in_a_nested_namespace(const char *how)
{
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS;
    if (twin)
        finish_child("clone", syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
    long child;
    if (!strcmp(how, "clone3")) {
        struct clone_args how_to = { .flags = flags, .exit_signal = SIGCHLD };
        child = syscall(SYS_clone3, &how_to, sizeof how_to);
    } else {
        child = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);
    }
    if (child < 0)
        refused(how);
    if (child == 0)
        _exit(nested(NULL));
    int status;
    must("waitpid", waitpid((pid_t)child, &status, 0));
    errno = WEXITSTATUS(status);
    verdict("mount in a nested namespace", errno ? -1 : 0);
}

static void more_namespaces(const char *how)
{
    const char *knob = text("/proc/sys/user/max_%s_namespaces", how);
    if (twin)
        verdict("read it", open(knob, O_RDONLY));
    verdict("open it to write", open(knob, O_WRONLY));
}

/* A mount that the host makes while the command runs. */
static void later_mount(const char *how)
{
    host_does(twin ? "later-mount-own" : "later-mount");
    wait_ms(50);
    const char *path = text("%s/later/target", value(twin ? "OWN" : "OUT"));
    if (!strcmp(how, "write")) {
        int file = open(path, O_WRONLY | O_APPEND);
        if (twin && file < 0 && errno == ENOENT)
            /* What the host mounts later is not seen: a limit, not a hole. */
            achieved("not seen");
        if (file < 0)
            refused("open to write");
        verdict("write", write(file, "x", 1));
    }
}

#define CLONE(n, why) { "clone-" n, by_clone, n, .alone = why }
#define CLONE3(n, why) { "clone3-" n, by_clone3, n, .alone = why }
#define UNSHARE(n, why) { "unshare-" n, by_unshare, n, .alone = why }
#define MOUNT(n) { "mount-" n, by_mount, n, .alone = "never: it would change the machine's mounts" }
#define CALL(n, why) { "call-" n, by_new_calls, n, .alone = why }
#define ROOT "root: needs CAP_SYS_ADMIN"
#define USERS "machine: some refuse user namespaces"
#define NEVER "never: it would change the machine's mounts"

TABLE {
    CLONE("user", USERS), CLONE("mount", ROOT), CLONE("process", ROOT), CLONE("network", ROOT),
    CLONE("ipc", ROOT), CLONE("host-name", ROOT), CLONE("control-group", ROOT), CLONE("user-mount", USERS),
    CLONE3("user", USERS), CLONE3("mount", ROOT), CLONE3("process", ROOT), CLONE3("network", ROOT),
    CLONE3("time", ROOT), CLONE3("user-mount", USERS), CLONE3("user-network", USERS),
    UNSHARE("user", USERS), UNSHARE("mount", ROOT), UNSHARE("network", ROOT), UNSHARE("time", ROOT),
    { "setns-victim", by_setns, "victim", .alone = ROOT },
    { "setns-victim-user", by_setns, "victim-user" },
    { "setns-victim-descriptor", by_setns, "victim-descriptor", .alone = ROOT },
    { "setns-parent", by_setns, "parent", .alone = ROOT, .scene = "wrapped" },
    MOUNT("bind"), MOUNT("tmpfs"), MOUNT("proc"), MOUNT("sysfs"), MOUNT("devpts"), MOUNT("mqueue"),
    MOUNT("control-group"), MOUNT("overlay"), MOUNT("remount"), MOUNT("propagation"), MOUNT("move"),
    { "umount-secret", by_umount, "secret", .alone = NEVER },
    { "umount-hooks", by_umount, "hooks", .alone = NEVER },
    { "umount-tmp", by_umount, "/tmp", .alone = NEVER },
    { "umount-dev", by_umount, "/dev", .alone = NEVER },
    { "umount-proc-sys", by_umount, "/proc/sys", .alone = NEVER },
    { "umount-root", by_umount, "/", .alone = NEVER },
    CALL("open-tree", ROOT), CALL("open-tree-attr", ROOT), CALL("fsopen", ROOT), CALL("fspick", ROOT),
    CALL("chroot", ROOT), CALL("move-mount", NEVER), CALL("mount-setattr", NEVER), CALL("pivot-root", NEVER),
    { "nested-clone", in_a_nested_namespace, "clone", .alone = USERS },
    { "nested-clone3", in_a_nested_namespace, "clone3", .alone = USERS },
    { "more-user", more_namespaces, "user", .alone = "machine: only root of a machine may, in some namespaces" },
    { "more-mnt", more_namespaces, "mnt", .alone = "machine: only root of a machine may, in some namespaces" },
    { "later-mount", later_mount, "write", .scene = "mounts" },
};
TABLE_END;
