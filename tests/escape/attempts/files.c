/* Writing outside the workspace: every way to a file, and every way to change one.
 *
 * OUT is a folder beside the workspace, OWN a folder inside it that holds the
 * same: target, folder/, empty/, fifo. */
#include "attempt.h"
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/sendfile.h>

/* The way to `aim(name)` that `how` names. Workspace and outside folder have one
 * parent, so that the way from one to the other is short. */
static char *way(const char *how, const char *name)
{
    char *straight = aim(name);
    const char *parent_end = strrchr(value("W"), '/');
    const char *below = straight + (parent_end - value("W")) + 1;
    if (!strcmp(how, "direct"))
        return straight;
    if (!strcmp(how, "dot-dot"))
        return text("%s/../%s", value("W"), below);
    if (!strcmp(how, "symlink")) {
        must("symlink", symlink(straight, work("made-link")));
        return work("made-link");
    }
    if (!strcmp(how, "symlink-folder")) {
        must("symlink", symlink(aim("."), work("made-link")));
        return text("%s/%s", work("made-link"), name);
    }
    if (!strcmp(how, "relative-symlink")) {
        must("symlink", symlink(text("../%s", below), work("made-link")));
        return work("made-link");
    }
    if (!strcmp(how, "host-symlink"))
        return text("%s/%s", work(twin ? "host-link-own" : "host-link-out"), name);
    if (!strcmp(how, "proc-self-root"))
        return text("/proc/self/root%s", straight);
    if (!strcmp(how, "proc-thread-root"))
        return text("/proc/thread-self/root%s", straight);
    if (!strcmp(how, "proc-self-cwd")) {
        must("chdir", chdir(value("W")));
        return text("/proc/self/cwd/../%s", below);
    }
    if (!strcmp(how, "proc-first-root"))
        return text("/proc/%s/root%s", twin ? "self" : "1", straight);
    if (!strcmp(how, "proc-parent-root"))
        return twin ? text("/proc/self/root%s", straight) : text("/proc/%d/root%s", getppid(), straight);
    if (!strcmp(how, "proc-parent-cwd"))
        return twin ? text("/proc/self/root%s", straight) : text("/proc/%d/cwd/../%s", getppid(), below);
    if (!strcmp(how, "proc-fd")) {
        int folder = (int)must("open", open(value("W"), O_PATH | O_DIRECTORY));
        return text("/proc/self/fd/%d/../%s", folder, below);
    }
    unknown("no such way: %s", how);
}

static void append(int file, const char *what)
{
    if (file < 0)
        refused(what);
    if (write(file, "x", 1) != 1)
        refused("write");
    achieved("wrote by %s", what);
}

static void write_by_way(const char *how)
{
    append(open(way(how, "target"), O_WRONLY | O_APPEND | O_CLOEXEC), how);
}

static void create_by_way(const char *how)
{
    append(open(way(how, "planted"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), how);
}

static void write_by_handle(const char *how)
{
    if (!strcmp(how, "root-descriptor")) {
        int root = (int)must("open /", open("/", O_PATH | O_DIRECTORY));
        append(openat(root, aim("target") + 1, O_WRONLY | O_APPEND), how);
    }
    if (!strcmp(how, "path-descriptor")) {
        int path = open(aim("target"), O_PATH);
        if (path < 0)
            refused("open O_PATH");
        append(open(text("/proc/self/fd/%d", path), O_WRONLY | O_APPEND), how);
    }
    if (!strcmp(how, "read-descriptor")) {
        int file = open(aim("target"), O_RDONLY);
        if (file < 0)
            refused("open to read");
        append(open(text("/proc/self/fd/%d", file), O_WRONLY | O_APPEND), how);
    }
    if (!strcmp(how, "climb")) {
        int folder = (int)must("open", open(value("W"), O_RDONLY | O_DIRECTORY));
        int up = openat(folder, "..", O_RDONLY | O_DIRECTORY);
        if (up < 0)
            refused("open ..");
        const char *below = aim("target") + (strrchr(value("W"), '/') - value("W")) + 1;
        append(openat(up, below, O_WRONLY | O_APPEND), how);
    }
    if (!strcmp(how, "openat2")) {
        int root = (int)must("open /", open("/", O_PATH | O_DIRECTORY));
        struct open_how open_how = { .flags = O_WRONLY | O_APPEND, .resolve = RESOLVE_IN_ROOT };
        append((int)syscall(SYS_openat2, root, aim("target"), &open_how, sizeof open_how), how);
    }
    if (!strcmp(how, "change-folder")) {
        if (chdir(aim(".")))
            refused("chdir");
        append(open("target", O_WRONLY | O_APPEND), how);
    }
}

static void write_by_object(const char *how)
{
    if (!strcmp(how, "mapped")) {
        int file = open(aim("target"), O_RDWR);
        if (file < 0)
            refused("open to map");
        char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (map == MAP_FAILED)
            refused("mmap");
        *map = 'x';
        achieved("wrote through a mapping");
    }
    if (!strcmp(how, "fifo")) {
        int fifo = open(aim("fifo"), O_RDWR | O_NONBLOCK);
        append(fifo, how);
    }
    if (!strcmp(how, "fifo-write-only")) {
        /* The host's side reads the one outside; the twin needs a reader of its own. */
        if (twin)
            must("reader", open(aim("fifo"), O_RDONLY | O_NONBLOCK));
        append(open(aim("fifo"), O_WRONLY | O_NONBLOCK), how);
    }
    if (!strcmp(how, "truncate-on-open")) {
        int file = open(aim("target"), O_RDONLY | O_TRUNC);
        verdict("open O_TRUNC", file);
    }
    if (!strcmp(how, "sendfile")) {
        int from = (int)must("open", open(arguments[0], O_RDONLY));
        int to = open(aim("target"), O_WRONLY);
        if (to < 0)
            refused("open");
        verdict("sendfile", sendfile(to, from, NULL, 1));
    }
}

static void change_names(const char *how)
{
    if (!strcmp(how, "unlink"))
        verdict(how, unlink(aim("target")));
    if (!strcmp(how, "rmdir"))
        verdict(how, rmdir(aim("empty")));
    if (!strcmp(how, "mkdir"))
        verdict(how, mkdir(aim("planted"), 0755));
    if (!strcmp(how, "mkfifo"))
        verdict(how, mkfifo(aim("planted"), 0644));
    if (!strcmp(how, "mknod"))
        verdict(how, mknod(aim("planted"), S_IFREG | 0644, 0));
    if (!strcmp(how, "whiteout"))
        verdict(how, mknod(aim("planted"), S_IFCHR | 0644, makedev(0, 0)));
    if (!strcmp(how, "symlink"))
        verdict(how, symlink("target", aim("planted")));
    if (!strcmp(how, "link"))
        verdict(how, link(aim("target"), aim("planted")));
    if (!strcmp(how, "rename"))
        verdict(how, rename(aim("target"), aim("planted")));
    if (!strcmp(how, "rename-folder"))
        verdict(how, rename(aim("folder"), aim("planted")));
    if (!strcmp(how, "bind-socket")) {
        int folder = (int)must("open", open(aim("."), O_PATH | O_DIRECTORY));
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/planted", folder);
        int listener = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
        verdict(how, bind(listener, (struct sockaddr *)&address, sizeof address));
    }
    if (!strcmp(how, "temporary")) {
        int file = open(aim("."), O_TMPFILE | O_RDWR, 0600);
        if (file < 0)
            refused("O_TMPFILE");
        verdict("linkat", linkat(AT_FDCWD, text("/proc/self/fd/%d", file), AT_FDCWD,
                                 aim("planted"), AT_SYMLINK_FOLLOW));
    }
    if (!strcmp(how, "temporary-from-inside")) {
        int file = (int)must("O_TMPFILE", open(value("W"), O_TMPFILE | O_RDWR, 0600));
        verdict("linkat", linkat(AT_FDCWD, text("/proc/self/fd/%d", file), AT_FDCWD,
                                 aim("planted"), AT_SYMLINK_FOLLOW));
    }
}

static void change_attributes(const char *how)
{
    const char *target = aim("target");
    struct timespec times[2] = { { 1000000, 0 }, { 1000000, 0 } };
    int file = -1;
    if (how[0] == 'f' && (file = open(target, O_RDONLY)) < 0)
        refused("open to read");
    if (!strcmp(how, "truncate"))
        verdict(how, truncate(target, 0));
    if (!strcmp(how, "chmod"))
        verdict(how, chmod(target, 0600));
    if (!strcmp(how, "fchmod"))
        verdict(how, fchmod(file, 0600));
    if (!strcmp(how, "fchmodat2"))
        verdict(how, syscall(452, AT_FDCWD, target, 0600, AT_SYMLINK_NOFOLLOW));
    if (!strcmp(how, "path-chmod")) {
        int path = (int)must("open", open(target, O_PATH));
        verdict(how, chmod(text("/proc/self/fd/%d", path), 0600));
    }
    if (!strcmp(how, "chown"))
        verdict(how, chown(target, geteuid(), getegid()));
    if (!strcmp(how, "lchown"))
        verdict(how, lchown(target, geteuid(), getegid()));
    if (!strcmp(how, "fchown"))
        verdict(how, fchown(file, geteuid(), getegid()));
    if (!strcmp(how, "utimensat"))
        verdict(how, utimensat(AT_FDCWD, target, times, AT_SYMLINK_NOFOLLOW));
    if (!strcmp(how, "futimens"))
        verdict(how, futimens(file, times));
    if (!strcmp(how, "touch-folder"))
        verdict(how, utimensat(AT_FDCWD, aim("folder"), times, 0));
    if (!strcmp(how, "setxattr"))
        verdict(how, setxattr(target, "user.planted", "x", 1, 0));
    if (!strcmp(how, "fsetxattr"))
        verdict(how, fsetxattr(file, "user.planted", "x", 1, 0));
    if (!strcmp(how, "folder-acl")) {
        /* A default ACL: version 2, owner, group and others may do everything. */
        static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 4, 0, 7, 0,
                                             255, 255, 255, 255, 32, 0, 7, 0, 255, 255, 255, 255 };
        verdict(how, setxattr(aim("folder"), "system.posix_acl_default", acl, sizeof acl, 0));
    }
    if (!strcmp(how, "flags")) {
        int flags, opened = open(target, O_RDONLY);
        if (opened < 0)
            refused("open to read");
        must("FS_IOC_GETFLAGS", ioctl(opened, FS_IOC_GETFLAGS, &flags));
        flags |= FS_NODUMP_FL;
        verdict("FS_IOC_SETFLAGS", ioctl(opened, FS_IOC_SETFLAGS, &flags));
    }
    if (!strcmp(how, "fsx-flags")) {
        struct fsxattr flags;
        must("FS_IOC_FSGETXATTR", ioctl(file, FS_IOC_FSGETXATTR, &flags));
        flags.fsx_xflags |= FS_XFLAG_NODUMP;
        verdict("FS_IOC_FSSETXATTR", ioctl(file, FS_IOC_FSSETXATTR, &flags));
    }
}

static void move_across(const char *how)
{
    /* From and to the root: the twin moves between two folders in it. */
    put(work("mine"), "mine");
    if (!strcmp(how, "in-to-out"))
        verdict(how, rename(work("mine"), aim("planted")));
    if (!strcmp(how, "out-to-in"))
        verdict(how, rename(aim("target"), work("stolen")));
    if (!strcmp(how, "folder-out-to-in"))
        verdict(how, rename(aim("folder"), work("stolen")));
    if (!strcmp(how, "exchange"))
        verdict(how, renameat2(AT_FDCWD, work("mine"), AT_FDCWD, aim("target"), RENAME_EXCHANGE));
    if (!strcmp(how, "overwrite"))
        verdict(how, rename(work("mine"), aim("target")));
    if (!strcmp(how, "workspace-itself"))
        verdict(how, rename(twin ? work("own") : value("W"), text("%s-moved", twin ? work("own") : value("W"))));
    if (!strcmp(how, "link-in")) {
        if (link(aim("target"), work("made-name")))
            refused("link");
        append(open(work("made-name"), O_WRONLY | O_APPEND), how);
    }
    if (!strcmp(how, "link-by-descriptor")) {
        int file = open(aim("target"), O_RDONLY);
        if (file < 0)
            refused("open to read");
        if (linkat(AT_FDCWD, text("/proc/self/fd/%d", file), AT_FDCWD, work("made-name"), AT_SYMLINK_FOLLOW))
            refused("linkat");
        append(open(work("made-name"), O_WRONLY | O_APPEND), how);
    }
    if (!strcmp(how, "link-out"))
        verdict(how, link(work("mine"), aim("planted")));
}

/* A file that the host has linked into the workspace. */
static void through_host_link(const char *how)
{
    const char *path = work(twin ? "own/target" : "host-hard-link");
    if (!strcmp(how, "write"))
        append(open(path, O_WRONLY | O_APPEND), how);
    if (!strcmp(how, "truncate"))
        verdict(how, truncate(path, 0));
    verdict(how, chmod(path, 0600));
}

static void by_handle(const char *how)
{
    (void)how;
    struct {
        struct file_handle head;
        unsigned char room[MAX_HANDLE_SZ];
    } handle = { .head.handle_bytes = MAX_HANDLE_SZ };
    int mount;
    if (twin)
        append(open(aim("target"), O_WRONLY | O_APPEND), "its name");
    must("name_to_handle_at", name_to_handle_at(AT_FDCWD, aim("target"), &handle.head, &mount, 0));
    int any = (int)must("open", open(value("W"), O_RDONLY | O_DIRECTORY));
    append(open_by_handle_at(any, &handle.head, O_WRONLY | O_APPEND), "its handle");
}

static void device_node(const char *how)
{
    const char *path = work("node");
    if (twin)
        verdict("mkfifo", mkfifo(path, 0600));
    if (!strcmp(how, "block"))
        verdict("mknod", mknod(path, S_IFBLK | 0600, makedev(7, 0)));
    if (!strcmp(how, "memory"))
        verdict("mknod", mknod(path, S_IFCHR | 0600, makedev(1, 1)));
    verdict("mknod", mknod(path, S_IFCHR | 0600, makedev(1, 3)));
}

/* A node that somebody else has put into the workspace. */
static void host_node(const char *how)
{
    (void)how;
    verdict("open a device in the workspace", open(work(twin ? "own/target" : "host-zero"), O_RDONLY));
}

/* Descriptors that the launcher was started with: 7 the outside folder, 8 a file
 * in it, open to write, 9 a connection. The twin opens the like itself. */
static void inherited(const char *how)
{
    if (!strcmp(how, "file"))
        append(twin ? (int)must("open", open(aim("target"), O_WRONLY | O_APPEND)) : 8, "descriptor 8");
    if (!strcmp(how, "socket")) {
        int pair[2] = { 9, 9 };
        if (twin)
            must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        verdict("write to descriptor 9", write(pair[0], "x", 1));
    }
    int folder = twin ? (int)must("open", open(aim("."), O_RDONLY | O_DIRECTORY)) : 7;
    if (!strcmp(how, "folder"))
        append(openat(folder, "target", O_WRONLY | O_APPEND), "descriptor 7");
    if (!strcmp(how, "folder-names"))
        verdict("mkdirat", mkdirat(folder, "planted", 0755));
    if (!strcmp(how, "listed")) {
        for (int i = 3; i < 256; i++)
            if (i != folder && fcntl(i, F_GETFD) >= 0)
                achieved("descriptor %d is open", i);
        if (twin)
            achieved("its own folder is open");
        blocked("only 0, 1 and 2 are open");
    }
}

/* Standard input is a file outside, open to read; or the folder itself. */
static void standard_input(const char *how)
{
    struct timespec times[2] = { { 1000000, 0 }, { 1000000, 0 } };
    if (twin) {
        int file = (int)must("open", open(strncmp(how, "folder", 6) ? aim("target") : aim("."), O_RDONLY));
        must("dup2", dup2(file, 0));
    }
    if (!strcmp(how, "reopen"))
        append(open("/proc/self/fd/0", O_WRONLY | O_APPEND), "/proc/self/fd/0");
    if (!strcmp(how, "reopen-dev"))
        append(open("/dev/stdin", O_WRONLY | O_APPEND), "/dev/stdin");
    if (!strcmp(how, "truncate"))
        verdict(how, truncate("/proc/self/fd/0", 0));
    if (!strcmp(how, "chmod"))
        verdict(how, fchmod(0, 0600));
    if (!strcmp(how, "times"))
        verdict(how, futimens(0, times));
    if (!strcmp(how, "xattr"))
        verdict(how, fsetxattr(0, "user.planted", "x", 1, 0));
    if (!strcmp(how, "folder"))
        append(openat(0, "target", O_WRONLY | O_APPEND), "standard input");
    if (!strcmp(how, "folder-names"))
        verdict("mkdirat", mkdirat(0, "planted", 0755));
}

static void own_program(const char *how)
{
    /* Programs that run cannot be opened to write (ETXTBSY); their place can be taken. */
    if (!strcmp(how, "launcher"))
        verdict("rename the launcher", rename(twin ? aim("target") : value("BIN"), text("%s.moved", twin ? aim("target") : value("BIN"))));
    if (!strcmp(how, "attempt"))
        verdict("unlink a program outside", unlink(twin ? aim("target") : arguments[0]));
    if (!strcmp(how, "launcher-mode"))
        verdict("chmod the launcher", chmod(twin ? aim("target") : value("BIN"), 0777));
    if (!strncmp(how, "inside", 6)) {
        /* The launcher was built in the workspace, and is about to be the next one. */
        const char *path = twin ? aim("target") : work("fumehood");
        if (!strcmp(how, "inside-rename"))
            verdict("rename", rename(work("own/marked"), path));
        if (!strcmp(how, "inside-unlink"))
            verdict("unlink", unlink(path));
        verdict("chmod", chmod(path, 0777));
    }
    if (!strcmp(how, "state"))
        verdict("mkdir", mkdir(twin ? aim("planted") : text("%s/.local/state/fumehood/planted", value("HOME")), 0700));
    if (!strcmp(how, "config"))
        verdict("mkdir", mkdir(twin ? aim("planted") : text("%s/.config/fumehood/planted", value("HOME")), 0700));
    if (!strcmp(how, "home"))
        verdict("mkdir", mkdir(twin ? aim("planted") : text("%s/planted", value("HOME")), 0700));
    if (!strcmp(how, "shell"))
        append(open(twin ? aim("target") : text("%s/.bashrc", value("HOME")), O_WRONLY | O_APPEND), "~/.bashrc");
    if (!strcmp(how, "ssh"))
        append(open(twin ? aim("planted") : text("%s/.ssh/authorized_keys", value("HOME")),
                    O_WRONLY | O_APPEND | O_CREAT, 0600), "~/.ssh/authorized_keys");
    if (!strcmp(how, "tool-bin"))
        append(open(twin ? aim("planted") : text("%s/.cargo/bin/planted", value("HOME")),
                    O_WRONLY | O_APPEND | O_CREAT, 0700), "~/.cargo/bin");
    if (!strcmp(how, "cron"))
        append(open(twin ? aim("planted") : "/etc/cron.d/fumehood-escape",
                    O_WRONLY | O_CREAT | O_EXCL, 0600), "/etc/cron.d");
    if (!strcmp(how, "preload")) {
        int file = open(twin ? aim("planted") : "/etc/ld.so.preload", O_RDWR, 0600);
        if (file < 0 && errno == ENOENT)
            file = open(twin ? aim("planted") : "/etc/fumehood-escape", O_RDWR | O_CREAT | O_EXCL, 0600);
        if (file >= 0 && !twin)
            unlink("/etc/fumehood-escape");
        verdict("a file in /etc", file);
    }
    if (!strcmp(how, "host-tmp"))
        append(open(twin ? aim("target") : value("HOSTTMP"), O_WRONLY | O_APPEND), "a file in the host's /tmp");
}

#define WAY(n) { "write-" n, write_by_way, n, .witness = "outside" }
#define NEW(n) { "create-" n, create_by_way, n, .witness = "outside" }
#define NAMES(n) { "names-" n, change_names, n, .witness = "outside" }
#define ATTRIBUTE(n) { "attribute-" n, change_attributes, n, .witness = "outside" }
#define ACROSS(n) { "across-" n, move_across, n, .witness = "outside" }
#define INPUT(n) { "input-" n, standard_input, n, .scene = "stdin-file", .witness = "outside" }
#define INPUT_GAP(n) { "input-" n, standard_input, n, .gap = "standard-streams", .scene = "stdin-file", .witness = "outside" }
#define ROOT "root: only root can without a sandbox"

TABLE {
    WAY("direct"), WAY("dot-dot"), WAY("symlink"), WAY("symlink-folder"), WAY("relative-symlink"),
    WAY("host-symlink"), WAY("proc-self-root"), WAY("proc-thread-root"), WAY("proc-self-cwd"),
    WAY("proc-fd"),
    { "write-proc-first-root", write_by_way, "proc-first-root", .alone = "machine: only root, and not if the first process is guarded", .witness = "outside" },
    { "write-proc-parent-root", write_by_way, "proc-parent-root", .scene = "wrapped", .witness = "outside" },
    { "write-proc-parent-cwd", write_by_way, "proc-parent-cwd", .scene = "wrapped", .witness = "outside" },
    NEW("direct"), NEW("dot-dot"), NEW("symlink-folder"), NEW("host-symlink"), NEW("proc-self-root"), NEW("proc-fd"),
    { "write-root-descriptor", write_by_handle, "root-descriptor", .witness = "outside" },
    { "write-path-descriptor", write_by_handle, "path-descriptor", .witness = "outside" },
    { "write-read-descriptor", write_by_handle, "read-descriptor", .witness = "outside" },
    { "write-climb", write_by_handle, "climb", .witness = "outside" },
    { "write-openat2", write_by_handle, "openat2", .witness = "outside" },
    { "write-change-folder", write_by_handle, "change-folder", .witness = "outside" },
    { "write-mapped", write_by_object, "mapped", .witness = "outside" },
    { "write-fifo", write_by_object, "fifo", .witness = "fifo" },
    { "write-fifo-write-only", write_by_object, "fifo-write-only", .witness = "fifo" },
    { "write-truncate-on-open", write_by_object, "truncate-on-open", .witness = "outside" },
    { "write-sendfile", write_by_object, "sendfile", .witness = "outside" },
    NAMES("unlink"), NAMES("rmdir"), NAMES("mkdir"), NAMES("mkfifo"), NAMES("mknod"), NAMES("whiteout"),
    NAMES("symlink"), NAMES("link"), NAMES("rename"), NAMES("rename-folder"), NAMES("bind-socket"),
    NAMES("temporary"), NAMES("temporary-from-inside"),
    ATTRIBUTE("truncate"), ATTRIBUTE("chmod"), ATTRIBUTE("fchmod"), ATTRIBUTE("fchmodat2"),
    ATTRIBUTE("path-chmod"), ATTRIBUTE("utimensat"), ATTRIBUTE("futimens"), ATTRIBUTE("touch-folder"),
    { "attribute-chown", change_attributes, "chown", .witness = "outside" },
    { "attribute-lchown", change_attributes, "lchown", .witness = "outside" },
    { "attribute-fchown", change_attributes, "fchown", .witness = "outside" },
    { "attribute-setxattr", change_attributes, "setxattr", .witness = "outside" },
    { "attribute-fsetxattr", change_attributes, "fsetxattr", .witness = "outside" },
    { "attribute-folder-acl", change_attributes, "folder-acl", .witness = "outside" },
    { "attribute-flags", change_attributes, "flags", .witness = "outside" },
    { "attribute-fsx-flags", change_attributes, "fsx-flags", .witness = "outside" },
    ACROSS("in-to-out"), ACROSS("out-to-in"), ACROSS("folder-out-to-in"), ACROSS("exchange"),
    ACROSS("overwrite"), ACROSS("link-in"), ACROSS("link-by-descriptor"), ACROSS("link-out"),
    { "across-workspace-itself", move_across, "workspace-itself" },
    { "host-link-write", through_host_link, "write", .gap = "hard-links", .witness = "outside" },
    { "host-link-truncate", through_host_link, "truncate", .gap = "hard-links", .witness = "outside" },
    { "host-link-chmod", through_host_link, "chmod", .gap = "hard-links", .witness = "outside" },
    { "write-file-handle", by_handle, NULL, .alone = ROOT, .witness = "outside" },
    { "node-block", device_node, "block", .alone = ROOT },
    { "node-memory", device_node, "memory", .alone = ROOT },
    { "node-null", device_node, "null", .alone = ROOT },
    { "node-of-the-host", host_node, NULL, .scene = "host-node" },
    { "inherited-file", inherited, "file", .scene = "descriptors", .witness = "outside" },
    { "inherited-folder", inherited, "folder", .scene = "descriptors", .witness = "outside" },
    { "inherited-folder-names", inherited, "folder-names", .scene = "descriptors", .witness = "outside" },
    { "inherited-socket", inherited, "socket", .scene = "descriptors" },
    { "inherited-listed", inherited, "listed", .scene = "descriptors" },
    INPUT("reopen"), INPUT("reopen-dev"), INPUT("truncate"), INPUT_GAP("chmod"), INPUT_GAP("times"),
    { "input-xattr", standard_input, "xattr", .gap = "standard-streams", .scene = "stdin-file" },
    { "input-folder", standard_input, "folder", .scene = "stdin-folder", .witness = "outside" },
    { "input-folder-names", standard_input, "folder-names", .scene = "stdin-folder", .witness = "outside" },
    { "own-launcher", own_program, "launcher", .alone = "never: it would change the program under test" },
    { "own-attempt", own_program, "attempt", .alone = "never: it would change the program that tries" },
    { "own-launcher-mode", own_program, "launcher-mode", .alone = "never: it would change the program under test" },
    { "own-launcher-inside-rename", own_program, "inside-rename", .scene = "launcher-inside" },
    { "own-launcher-inside-unlink", own_program, "inside-unlink", .scene = "launcher-inside" },
    { "own-launcher-inside-mode", own_program, "inside-mode", .scene = "launcher-inside" },
    { "own-state", own_program, "state" },
    { "own-config", own_program, "config" },
    { "own-home", own_program, "home" },
    { "own-shell", own_program, "shell" },
    { "own-ssh", own_program, "ssh" },
    { "own-tool-bin", own_program, "tool-bin" },
    { "own-cron", own_program, "cron", .alone = "never: it would leave a file in /etc" },
    { "own-preload", own_program, "preload", .alone = ROOT },
    { "own-host-tmp", own_program, "host-tmp" },
};
TABLE_END;
