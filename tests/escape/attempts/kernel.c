/* The kernel's surface: calls that a build needs never and an exploit often, and
 * knobs of the whole machine.
 *
 * Arguments are such that nothing happens even where the call is allowed: a file
 * that is opened is not written, a module has no content. `achieved` means the
 * kernel looked at the arguments; the twin is an everyday call of the same kind. */
#include "attempt.h"
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/fanotify.h>
#include <sys/personality.h>
#include <sys/timex.h>
#include <ucontext.h>

/* A set-user-id bit on a file of the workspace, by every call that can give one. */
static void set_user_id(const char *how)
{
    mode_t bits = 04755;
    if (strstr(how, "group"))
        bits = 02755;
    if (twin)
        bits = 0755;
    const char *path = work("made-program");
    bool makes = !strncmp(how, "open", 4) || !strncmp(how, "creat", 5) || !strncmp(how, "mknod", 5) || !strncmp(how, "temporary", 9);
    if (!makes)
        put(path, "program");
    int file = makes ? -1 : (int)must("open", open(path, O_RDONLY));
    long result = -1;
    errno = EINVAL;
    umask(0);
    if (!strcmp(how, "chmod") || !strcmp(how, "chmod-group"))
        result = syscall(SYS_chmod, path, bits);
    else if (!strcmp(how, "chmod-high-bits"))
        result = syscall(SYS_chmod, path, bits | 0xffffffff00000000ul);
    else if (!strcmp(how, "fchmod") || !strcmp(how, "fchmod-group"))
        result = syscall(SYS_fchmod, file, bits);
    else if (!strcmp(how, "fchmodat"))
        result = syscall(SYS_fchmodat, AT_FDCWD, path, bits);
    else if (!strcmp(how, "fchmodat2"))
        result = syscall(452, AT_FDCWD, path, bits, 0);
    else if (!strcmp(how, "fchmodat2-empty"))
        result = syscall(452, file, "", bits, AT_EMPTY_PATH);
    else if (!strcmp(how, "creat"))
        result = syscall(SYS_creat, path, bits);
    else if (!strcmp(how, "open"))
        result = syscall(SYS_open, path, O_CREAT | O_WRONLY, bits);
    else if (!strcmp(how, "openat"))
        result = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, bits);
    else if (!strcmp(how, "openat2")) {
        struct { uint64_t flags, mode, resolve; } open_how = { O_CREAT | O_WRONLY, bits, 0 };
        result = syscall(SYS_openat2, AT_FDCWD, path, &open_how, sizeof open_how);
    } else if (!strcmp(how, "mknod"))
        result = syscall(SYS_mknod, path, S_IFREG | bits, 0);
    else if (!strcmp(how, "mknodat"))
        result = syscall(SYS_mknodat, AT_FDCWD, path, S_IFREG | bits, 0);
    else if (!strcmp(how, "temporary")) {
        file = (int)syscall(SYS_openat, AT_FDCWD, value("W"), O_TMPFILE | O_WRONLY, bits);
        if (file < 0)
            refused("O_TMPFILE");
        result = linkat(AT_FDCWD, text("/proc/self/fd/%d", file), AT_FDCWD, path, AT_SYMLINK_FOLLOW);
    }
    if (result < 0)
        refused(how);
    struct stat status;
    must("stat", stat(path, &status));
    if ((status.st_mode & 06000) != (bits & 06000u))
        blocked("EPERM: the mode is %o", status.st_mode);
    achieved("the mode is %o", status.st_mode);
}

/* What looked at the arguments was reached. */
static void reached(const char *what, long result)
{
    if (result < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES))
        refused(what);
    achieved("%s: %s", what, result < 0 ? strerrorname_np(errno) : "done");
}

static void call(const char *how)
{
    static char none[64];
    if (twin)
        verdict("an everyday call", syscall(SYS_epoll_create1, 0));
    if (!strcmp(how, "io-uring")) {
        struct io_uring_params parameters = { 0 };
        reached(how, syscall(SYS_io_uring_setup, 1, &parameters));
    }
    if (!strcmp(how, "io-uring-enter"))
        reached(how, syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
    if (!strcmp(how, "io-uring-register"))
        reached(how, syscall(SYS_io_uring_register, -1, 0, NULL, 0));
    if (!strcmp(how, "bpf")) {
        union bpf_attr attributes = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
        reached(how, syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
    }
    if (!strcmp(how, "bpf-any"))
        reached(how, syscall(SYS_bpf, 9999, none, sizeof none));
    if (!strcmp(how, "perf")) {
        struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .exclude_kernel = 1, .exclude_hv = 1 };
        reached(how, syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
    }
    if (!strcmp(how, "userfault"))
        reached(how, syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY));
    if (!strcmp(how, "userfault-device"))
        verdict(how, open("/dev/userfaultfd", O_RDWR));
    if (!strcmp(how, "key-add"))
        reached(how, syscall(SYS_add_key, "user", "fumehood-escape", "x", 1, KEY_SPEC_PROCESS_KEYRING));
    if (!strcmp(how, "key-request"))
        reached(how, syscall(SYS_request_key, "user", "fumehood-escape-none", NULL, 0));
    if (!strcmp(how, "key-control"))
        reached(how, syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
    if (!strcmp(how, "module-load"))
        reached(how, syscall(SYS_init_module, none, 0, ""));
    if (!strcmp(how, "module-file"))
        reached(how, syscall(SYS_finit_module, -1, "", 0));
    if (!strcmp(how, "module-delete"))
        reached(how, syscall(SYS_delete_module, "fumehood-escape-none", O_NONBLOCK));
    if (!strcmp(how, "kexec"))
        reached(how, syscall(SYS_kexec_load, 0, 1000000, NULL, 0));
    if (!strcmp(how, "kexec-file"))
        reached(how, syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0xffffffff));
    if (!strcmp(how, "reboot"))
        /* Neither of the magic numbers: the kernel looks at them after the right. */
        reached(how, syscall(SYS_reboot, 0, 0, 0, NULL));
    if (!strcmp(how, "swap-on"))
        reached(how, syscall(SYS_swapon, "", -1));
    if (!strcmp(how, "swap-off"))
        reached(how, syscall(SYS_swapoff, ""));
    if (!strcmp(how, "accounting"))
        reached(how, syscall(SYS_acct, ""));
    if (!strcmp(how, "quota"))
        reached(how, syscall(SYS_quotactl, 0, "", 0, NULL));
    if (!strcmp(how, "clock"))
        reached(how, syscall(SYS_clock_settime, CLOCK_REALTIME, &(struct timespec){ 0, 2000000000 }));
    if (!strcmp(how, "time"))
        reached(how, syscall(SYS_settimeofday, &(struct timeval){ 0, 2000000000 }, NULL));
    if (!strcmp(how, "host-name"))
        reached(how, syscall(SYS_sethostname, "", -1));
    if (!strcmp(how, "domain-name"))
        reached(how, syscall(SYS_setdomainname, "", -1));
    if (!strcmp(how, "log"))
        reached(how, syscall(SYS_syslog, 3, none, sizeof none));
    if (!strcmp(how, "ports"))
        reached(how, syscall(SYS_iopl, 3));
    if (!strcmp(how, "port-bits"))
        reached(how, syscall(SYS_ioperm, 0x80, 1, 1));
    if (!strcmp(how, "segment-table"))
        reached(how, syscall(SYS_modify_ldt, 0, none, sizeof none));
    if (!strcmp(how, "fanotify"))
        reached(how, syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
    if (!strcmp(how, "file-handle"))
        reached(how, syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY));
    if (!strcmp(how, "newer-than-reviewed")) {
        /* A call that no kernel has: it must be answered as one that does not exist. */
        long result = syscall(600, 0, 0, 0);
        if (result < 0 && errno == ENOSYS)
            blocked("ENOSYS");
        unknown("answered %ld %s", result, strerrorname_np(errno));
    }
    unknown("no such call: %s", how);
}

static void personalities(const char *how)
{
    unsigned long wanted = !strcmp(how, "execute") ? READ_IMPLIES_EXEC : !strcmp(how, "layout") ? ADDR_COMPAT_LAYOUT : MMAP_PAGE_ZERO;
    if (twin)
        wanted = ADDR_NO_RANDOMIZE;
    verdict(how, personality(wanted));
}

#if defined(__x86_64__)
static void no_such_abi(int signal)
{
    (void)signal;
    unknown("this kernel has no such ABI");
}

/* `getpid` by the gate of 32-bit programs. */
static void other_abi(const char *how)
{
    long result;
    if (twin) {
        verdict("getpid", syscall(SYS_getpid));
    } else if (!strcmp(how, "i386")) {
        signal(SIGSEGV, no_such_abi);
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
        if (result < 0)
            errno = (int)-result;
        verdict("getpid of i386", result < 0 ? -1 : 0);
    } else if (!strcmp(how, "i386-mount")) {
        signal(SIGSEGV, no_such_abi);
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(310L), "b"(CLONE_NEWUSER) : "memory", "r8", "r9", "r10", "r11");
        if (result < 0)
            errno = (int)-result;
        verdict("unshare of i386", result < 0 ? -1 : 0);
    }
    verdict("getpid of x32", syscall(0x40000000 | SYS_getpid));
}
#else
static void other_abi(const char *how)
{
    (void)how;
    if (twin)
        verdict("getpid", syscall(SYS_getpid));
    blocked("ENOSYS: this machine has one ABI");
}
#endif

/* A file of the kernel that changes the whole machine, opened to write. */
static void knob(const char *path)
{
    if (twin)
        verdict("/proc/self/comm", open("/proc/self/comm", O_WRONLY));
    verdict(path, open(path, O_WRONLY));
}

/* One that tells about it. */
static void peek(const char *path)
{
    int file = open(twin ? "/proc/version" : path, O_RDONLY | O_NONBLOCK);
    if (file < 0)
        refused(path);
    /* /proc/kpageflags wants words of eight. */
    char bytes[8];
    ssize_t got = read(file, bytes, sizeof bytes);
    if (got < 0 && errno == EAGAIN)
        achieved("%s is open, and empty", path);
    if (got == 0)
        blocked("%s is empty", path);
    verdict(path, got);
}

static void node(const char *path)
{
    verdict(path, open(twin ? "/dev/zero" : path, O_RDONLY | O_NONBLOCK));
}

/* The disks of the machine, by their own names. */
static void disk(const char *how)
{
    (void)how;
    if (twin)
        node("/dev/zero");
    DIR *all = opendir("/sys/class/block");
    if (!all)
        refused("/sys/class/block");
    struct dirent *entry;
    int error = ENOENT;
    while ((entry = readdir(all))) {
        if (entry->d_name[0] == '.')
            continue;
        if (open(text("/dev/%s", entry->d_name), O_RDONLY | O_NONBLOCK) >= 0)
            achieved("opened /dev/%s", entry->d_name);
        if (errno != ENOENT)
            error = errno;
    }
    errno = error;
    refused("every disk");
}

/* Addresses in the kernel, for who would attack it. */
static void addresses(const char *how)
{
    (void)how;
    char *read = content(twin ? "/proc/self/maps" : "/proc/kallsyms");
    if (!read)
        refused("/proc/kallsyms");
    if (strtoull(read, NULL, 16) == 0)
        blocked("EPERM: addresses are zeros");
    achieved("the first is %.16s", read);
}

#define SUID(n) { "set-user-id-" n, set_user_id, n }
#define CALL(n) { "call-" n, call, n }
#define ROOT_CALL(n) { "call-" n, call, n, .alone = "root: a call of root's" }
#define KERNEL_CALL(n) { "call-" n, call, n, .alone = "machine: some kernels lack or refuse it" }
#define KNOB(n, path) { "knob-" n, knob, path, .alone = "machine: only root, and some kernels lack it" }
#define PEEK(n, path) { "peek-" n, peek, path, .alone = "machine: only root, and some kernels lack it" }
#define NODE(n) { "node-" n, node, "/dev/" n, .alone = "machine: some lack it, or guard it" }

TABLE {
    SUID("chmod"), SUID("chmod-group"), SUID("chmod-high-bits"), SUID("fchmod"), SUID("fchmod-group"),
    SUID("fchmodat"), SUID("fchmodat2"), SUID("fchmodat2-empty"), SUID("creat"), SUID("open"), SUID("openat"),
    SUID("mknod"), SUID("mknodat"), SUID("temporary"),
    { "set-user-id-openat2", set_user_id, "openat2", .gap = "set-user-id" },
    KERNEL_CALL("io-uring"), CALL("io-uring-enter"), CALL("io-uring-register"), ROOT_CALL("bpf"),
    ROOT_CALL("bpf-any"), KERNEL_CALL("perf"), KERNEL_CALL("userfault"), KERNEL_CALL("userfault-device"),
    CALL("key-add"), CALL("key-request"), CALL("key-control"), KERNEL_CALL("module-load"),
    KERNEL_CALL("module-file"), KERNEL_CALL("module-delete"),
    KERNEL_CALL("kexec"), KERNEL_CALL("kexec-file"), ROOT_CALL("reboot"), ROOT_CALL("swap-on"), ROOT_CALL("swap-off"),
    KERNEL_CALL("accounting"), KERNEL_CALL("quota"), CALL("clock"), CALL("time"), ROOT_CALL("host-name"),
    ROOT_CALL("domain-name"), KERNEL_CALL("log"), KERNEL_CALL("ports"), KERNEL_CALL("port-bits"),
    KERNEL_CALL("segment-table"), KERNEL_CALL("fanotify"), ROOT_CALL("file-handle"),
    { "call-newer-than-reviewed", call, "newer-than-reviewed", .alone = "never: no kernel has it" },
    { "personality-execute", personalities, "execute" },
    { "personality-layout", personalities, "layout" },
    { "personality-page-zero", personalities, "page-zero" },
    { "abi-i386", other_abi, "i386", .alone = "machine: some kernels have no 32-bit programs" },
    { "abi-i386-unshare", other_abi, "i386-mount", .alone = "machine: some kernels have no 32-bit programs" },
    { "abi-x32", other_abi, "x32", .alone = "machine: few kernels have x32" },
    KNOB("core-pattern", "/proc/sys/kernel/core_pattern"), KNOB("modprobe", "/proc/sys/kernel/modprobe"),
    KNOB("host-name", "/proc/sys/kernel/hostname"), KNOB("panic", "/proc/sys/kernel/panic"),
    KNOB("drop-caches", "/proc/sys/vm/drop_caches"), KNOB("overcommit", "/proc/sys/vm/overcommit_memory"),
    KNOB("file-max", "/proc/sys/fs/file-max"), KNOB("forwarding", "/proc/sys/net/ipv4/ip_forward"),
    KNOB("shared-memory", "/proc/sys/kernel/shmmax"), KNOB("sysrq", "/proc/sysrq-trigger"),
    KNOB("binary-formats", "/proc/sys/fs/binfmt_misc/register"),
    KNOB("interrupts", "/proc/irq/default_smp_affinity"), KNOB("uevent-helper", "/sys/kernel/uevent_helper"),
    KNOB("power", "/sys/power/state"), KNOB("huge-pages", "/sys/kernel/mm/transparent_hugepage/enabled"),
    KNOB("module-parameter", "/sys/module/kernel/parameters/panic"),
    KNOB("cpu-offline", "/sys/devices/system/cpu/cpu1/online"), KNOB("memory-ranges", "/proc/mtrr"),
    KNOB("firmware", "/sys/module/firmware_class/parameters/path"),
    PEEK("kernel-memory", "/proc/kcore"), PEEK("kernel-log", "/proc/kmsg"), PEEK("log-device", "/dev/kmsg"),
    PEEK("memory", "/dev/mem"), PEEK("page-flags", "/proc/kpageflags"), PEEK("vmalloc", "/proc/vmallocinfo"),
    PEEK("slabs", "/proc/slabinfo"), PEEK("debug", "/sys/kernel/debug/sleep_time"),
    PEEK("tracing", "/sys/kernel/tracing/trace"), PEEK("security", "/sys/kernel/security/lsm"),
    NODE("kvm"), NODE("fuse"), NODE("loop-control"), NODE("btrfs-control"), NODE("vhost-net"), NODE("snapshot"),
    NODE("autofs"), NODE("hwrng"), NODE("mapper/control"), NODE("cpu_dma_latency"),
    { "node-disk", disk, NULL, .alone = "root: disks are root's" },
    { "kernel-addresses", addresses, NULL, .alone = "root: addresses are for root only" },
};
TABLE_END;
