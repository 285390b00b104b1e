/* Processes: reaching those outside, outliving the run, having more rights.
 *
 * VICTIM is a process of the same user outside; BUFFER is where it holds the
 * marker. The twin of an attack on it is the same on a child of one's own. */
#include "attempt.h"
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <grp.h>
#include <linux/kcmp.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static char own_buffer[64] = MARKER;
static volatile sig_atomic_t signalled;

static void note(int signal)
{
    (void)signal;
    signalled = 1;
}

/* A child that waits, for twins. */
static pid_t own_child(void)
{
    pid_t child = (pid_t)must("fork", fork());
    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    wait_ms(10);
    return child;
}

static pid_t aimed(void)
{
    return twin ? own_child() : (pid_t)number("VICTIM");
}

static void *aimed_buffer(void)
{
    return twin ? own_buffer : (void *)number("BUFFER");
}

static void by_signal(const char *how)
{
    pid_t victim = aimed();
    if (!strcmp(how, "kill"))
        verdict(how, kill(victim, SIGUSR1));
    if (!strcmp(how, "probe"))
        verdict(how, kill(victim, 0));
    if (!strcmp(how, "stop"))
        verdict(how, kill(victim, SIGSTOP));
    if (!strcmp(how, "thread"))
        verdict(how, syscall(SYS_tgkill, victim, victim, SIGUSR1));
    if (!strcmp(how, "any-thread"))
        verdict(how, syscall(SYS_tkill, victim, SIGUSR1));
    if (!strcmp(how, "queue"))
        verdict(how, sigqueue(victim, SIGUSR1, (union sigval){ .sival_int = 1 }));
    if (!strcmp(how, "group")) {
        if (twin)
            must("setpgid", setpgid(victim, victim));
        verdict(how, kill(-victim, SIGUSR1));
    }
    if (!strcmp(how, "descriptor")) {
        int process = (int)syscall(SYS_pidfd_open, victim, 0);
        if (process < 0)
            refused("pidfd_open");
        verdict("pidfd_send_signal", syscall(SYS_pidfd_send_signal, process, SIGUSR1, NULL, 0));
    }
    if (!strcmp(how, "descriptor-of-proc")) {
        int process = open(text("/proc/%d", victim), O_RDONLY | O_DIRECTORY);
        if (process < 0)
            refused("open");
        verdict("pidfd_send_signal", syscall(SYS_pidfd_send_signal, process, SIGUSR1, NULL, 0));
    }
    if (!strcmp(how, "own-file")) {
        /* The kernel sends for us: readable data on a pipe, to whom we say. */
        int pipes[2];
        must("pipe", pipe(pipes));
        must("F_SETSIG", fcntl(pipes[0], F_SETSIG, SIGUSR1));
        if (fcntl(pipes[0], F_SETOWN, victim))
            refused("F_SETOWN");
        must("O_ASYNC", fcntl(pipes[0], F_SETFL, O_ASYNC));
        must("write", write(pipes[1], "x", 1));
        achieved("asked the kernel to signal it");
    }
    unknown("no such signal: %s", how);
}

/* Signals that reach everybody who may be reached; outside tells whether. */
static void to_everybody(const char *how)
{
    if (twin) {
        signal(SIGURG, note);
        must("raise", kill(getpid(), SIGURG));
        verdict("signal itself", signalled ? 0 : -1);
    }
    if (!strcmp(how, "all"))
        verdict("kill(-1)", kill(-1, SIGURG));
    /* Our own group; outside of a sandbox the harness's mate is in it. */
    signal(SIGUSR1, SIG_IGN);
    if (!strcmp(how, "group"))
        verdict("kill(0)", kill(0, SIGUSR1));
    if (!strcmp(how, "group-number"))
        verdict("kill(-group)", kill(-getpgrp(), SIGUSR1));
    int pipes[2];
    must("pipe", pipe(pipes));
    must("F_SETSIG", fcntl(pipes[0], F_SETSIG, SIGUSR1));
    must("F_SETOWN", fcntl(pipes[0], F_SETOWN, -getpgrp()));
    must("O_ASYNC", fcntl(pipes[0], F_SETFL, O_ASYNC));
    verdict("a signal by a pipe", write(pipes[1], "x", 1));
}

static char state_of(pid_t process)
{
    char *status = content(text("/proc/%d/stat", process));
    char *after = status ? strrchr(status, ')') : NULL;
    return after ? after[2] : '?';
}

static void stop_the_parent(const char *how)
{
    (void)how;
    pid_t parent = twin ? own_child() : getppid();
    if (kill(parent, SIGSTOP))
        refused("SIGSTOP");
    wait_ms(100);
    char state = state_of(parent);
    kill(parent, SIGCONT);
    if (state == 'T')
        achieved("it stopped");
    blocked("it goes on: %c", state);
}

static int quiet_child(void *with)
{
    (void)with;
    wait_ms(3000);
    return 0;
}

/* A process that has to be there, dumpable and our own, to look at. */
static pid_t seen(const char *who)
{
    if (twin)
        return own_child();
    if (!strcmp(who, "first"))
        return 1;
    if (!strcmp(who, "parent"))
        return getppid();
    return (pid_t)number("VICTIM");
}

static void trace(const char *who)
{
    pid_t victim = seen(who);
    if (ptrace(PTRACE_SEIZE, victim, NULL, NULL))
        refused("PTRACE_SEIZE");
    ptrace(PTRACE_INTERRUPT, victim, NULL, NULL);
    must("waitpid", waitpid(victim, NULL, __WALL));
    ptrace(PTRACE_DETACH, victim, NULL, NULL);
    achieved("traced %d", victim);
}

static void attach(const char *who)
{
    pid_t victim = seen(who);
    if (ptrace(PTRACE_ATTACH, victim, NULL, NULL))
        refused("PTRACE_ATTACH");
    must("waitpid", waitpid(victim, NULL, __WALL));
    ptrace(PTRACE_DETACH, victim, NULL, NULL);
    achieved("attached to %d", victim);
}

static void memory(const char *how)
{
    pid_t victim = aimed();
    char taken[sizeof MARKER] = "";
    struct iovec own = { taken, sizeof taken - 1 }, other = { aimed_buffer(), sizeof taken - 1 };
    if (!strcmp(how, "read")) {
        if (process_vm_readv(victim, &own, 1, &other, 1, 0) < 0)
            refused("process_vm_readv");
        verdict("read its memory", strcmp(taken, MARKER) ? -1 : 0);
    }
    if (!strcmp(how, "write")) {
        strcpy(taken, "OVERWRITTEN");
        verdict("process_vm_writev", process_vm_writev(victim, &own, 1, &other, 1, 0));
    }
    int flags = !strcmp(how, "file-write") ? O_RDWR : O_RDONLY;
    int file = open(text("/proc/%d/mem", victim), flags);
    if (file < 0)
        refused("open mem");
    if (flags == O_RDWR)
        verdict("write mem", pwrite(file, "OVERWRITTEN", 11, (off_t)(uintptr_t)aimed_buffer()));
    verdict("read mem", pread(file, taken, sizeof taken - 1, (off_t)(uintptr_t)aimed_buffer()));
}

/* What /proc says of another process. */
static void look(const char *file)
{
    pid_t victim = aimed();
    const char *path = text("/proc/%d/%s", victim, file);
    if (!strcmp(file, "fd") || !strcmp(file, "task") || !strcmp(file, "map_files")) {
        DIR *folder = opendir(path);
        if (!folder)
            refused(path);
        achieved("listed %s", path);
    }
    if (!strcmp(file, "root") || !strcmp(file, "cwd") || !strcmp(file, "exe"))
        verdict(path, open(path, O_RDONLY));
    char *read = content(path);
    if (!read)
        refused(path);
    achieved("read %s", path);
}

static void look_first(const char *file)
{
    const char *path = text("/proc/%s/%s", twin ? "self" : "1", file);
    if (!strcmp(file, "fd")) {
        DIR *folder = opendir(path);
        if (!folder)
            refused(path);
        struct dirent *entry;
        int files = 0;
        while ((entry = readdir(folder)))
            if (entry->d_name[0] != '.' && open(text("%s/%s", path, entry->d_name), O_RDONLY | O_NONBLOCK) >= 0)
                files++;
        if (files)
            achieved("opened %d files of %s", files, path);
        blocked("none could be opened");
    }
    if (!strcmp(file, "mem"))
        verdict(path, open(path, O_RDWR));
    if (!strcmp(file, "root") || !strcmp(file, "cwd"))
        verdict(path, open(text("%s/.", path), O_RDONLY | O_DIRECTORY));
    char *read = content(path);
    if (!read)
        refused(path);
    if (!twin && !strcmp(file, "environ") && !*read)
        blocked("%s is empty", path);
    achieved("read %s", path);
}

/* The launcher's environment holds what the harness put there. */
static void secrets_in_ancestors(const char *how)
{
    if (twin) {
        setenv("FUMEHOOD_TWIN", MARKER, 1);
        execl("/proc/self/exe", "attempt", "marker-in-own-environment", text("OUT=%s", value("OUT")), NULL);
        unknown("exec: %s", strerrorname_np(errno));
    }
    DIR *all = opendir("/proc");
    if (!all)
        refused("/proc");
    struct dirent *entry;
    while ((entry = readdir(all))) {
        pid_t process = atoi(entry->d_name);
        if (process <= 0 || process == getpid())
            continue;
        char *read = content(text("/proc/%d/%s", process, how));
        if (read && memmem(read, strlen(read), MARKER, strlen(MARKER)))
            achieved("process %d has it in its %s", process, how);
    }
    blocked("no process that can be seen has it");
}

static void marker_in_own_environment(const char *how)
{
    (void)how;
    char *read = content("/proc/self/environ");
    if (read && strstr(read, MARKER))
        achieved("found in our own environment");
    unknown("not found");
}

static void setting_of(pid_t victim, const char *how)
{
    if (!strcmp(how, "priority"))
        verdict(how, setpriority(PRIO_PROCESS, (id_t)victim, 5));
    if (!strcmp(how, "affinity")) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(0, &set);
        verdict(how, sched_setaffinity(victim, sizeof set, &set));
    }
    if (!strcmp(how, "scheduler")) {
        struct sched_param none = { 0 };
        verdict(how, sched_setscheduler(victim, SCHED_BATCH, &none));
    }
    if (!strcmp(how, "input-output"))
        verdict(how, syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, victim,
                             IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
    if (!strcmp(how, "limit")) {
        struct rlimit limit = { 100, 100 };
        verdict(how, prlimit(victim, RLIMIT_NOFILE, &limit, NULL));
    }
    if (!strcmp(how, "limit-read")) {
        struct rlimit limit;
        verdict(how, prlimit(victim, RLIMIT_NOFILE, NULL, &limit));
    }
    if (!strcmp(how, "out-of-memory"))
        verdict(how, open(text("/proc/%d/oom_score_adj", victim), O_WRONLY));
    if (!strcmp(how, "move-pages"))
        verdict(how, syscall(SYS_migrate_pages, victim, 8L, &(unsigned long){ 1 }, &(unsigned long){ 1 }));
    if (!strcmp(how, "compare"))
        verdict(how, syscall(SYS_kcmp, getpid(), victim, KCMP_VM, 0, 0));
    if (!strcmp(how, "robust-list")) {
        void *head;
        size_t length;
        verdict(how, syscall(SYS_get_robust_list, victim, &head, &length));
    }
    if (!strcmp(how, "process-group"))
        verdict(how, getpgid(victim));
    if (!strcmp(how, "descriptor")) {
        int process = (int)syscall(SYS_pidfd_open, victim, 0);
        if (process < 0)
            refused("pidfd_open");
        verdict("pidfd_getfd", syscall(SYS_pidfd_getfd, process, 1, 0));
    }
    if (!strcmp(how, "name"))
        verdict(how, open(text("/proc/%d/comm", victim), O_WRONLY));
    if (!strcmp(how, "slack"))
        verdict(how, open(text("/proc/%d/timerslack_ns", victim), O_WRONLY));
    unknown("no such setting: %s", how);
}

static void settings(const char *how)
{
    setting_of(aimed(), how);
}

/* pid 1 ends the tree when its time is up: what keeps it from running in time helps
 * whoever wants to stay. */
static void settings_of_first(const char *how)
{
    setting_of(twin ? own_child() : 1, how);
}

/* The caller's process group is outside of the sandbox, and has no number in it. */
static void settings_of_group(const char *how)
{
    if (!strcmp(how, "priority"))
        verdict(how, setpriority(twin ? PRIO_PROCESS : PRIO_PGRP, 0, 3));
    verdict(how, syscall(SYS_ioprio_set, twin ? IOPRIO_WHO_PROCESS : IOPRIO_WHO_PGRP, 0,
                         IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)));
}

/* A user who has no number in the namespace is EINVAL, and that is a refusal. */
static void no_such_user(const char *what, long result)
{
    if (result && errno == EINVAL)
        blocked("EINVAL: this namespace has no such user");
    verdict(what, result);
}

/* Rights that the command should not have or get. */
static void rights(const char *how)
{
    if (!strcmp(how, "capabilities")) {
        char *status = content("/proc/self/status");
        char *line = status ? strstr(status, twin ? "CapInh:" : "CapEff:") : NULL;
        if (!line)
            unknown("no such line");
        unsigned long long set = strtoull(line + 7, NULL, 16);
        if (twin || set)
            achieved("%llx", set);
        blocked("EPERM: none");
    }
    if (!strcmp(how, "bounding")) {
        if (twin)
            verdict("PR_CAPBSET_READ", prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0));
        struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
        struct __user_cap_data_struct set[2] = { { 1u << CAP_SYS_ADMIN, 1u << CAP_SYS_ADMIN, 0 }, { 0 } };
        verdict("capset", syscall(SYS_capset, &head, set));
    }
    if (!strcmp(how, "other-user"))
        no_such_user("setresuid", setresuid(-1, twin ? geteuid() : geteuid() + 1, -1));
    if (!strcmp(how, "root-user")) {
        if (twin)
            verdict("setresuid", setresuid(-1, geteuid(), -1));
        if (geteuid() == 0) {
            /* Root stays root inside; root's rights are what must be gone. */
            verdict("open another user's file as root", open("/proc/sys/kernel/core_pattern", O_WRONLY));
        }
        no_such_user("setresuid", setresuid(0, 0, 0));
    }
    if (!strcmp(how, "groups")) {
        gid_t groups[64];
        int count = getgroups(64, groups);
        if (twin)
            verdict("getgroups", count);
        verdict("setgroups", setgroups(0, NULL));
    }
    if (!strcmp(how, "chown")) {
        put(work("mine"), "mine");
        no_such_user("chown", chown(work("mine"), twin ? geteuid() : geteuid() + 1, -1));
    }
    if (!strcmp(how, "nice"))
        verdict("setpriority", setpriority(PRIO_PROCESS, 0, twin ? 5 : -5));
    if (!strcmp(how, "real-time")) {
        struct sched_param first = { twin ? 0 : 1 };
        verdict("sched_setscheduler", sched_setscheduler(0, twin ? SCHED_BATCH : SCHED_FIFO, &first));
    }
    if (!strcmp(how, "out-of-memory")) {
        int file = (int)must("open", open("/proc/self/oom_score_adj", O_WRONLY));
        const char *score = twin ? "900" : "-901";
        verdict("write", write(file, score, strlen(score)));
    }
    if (!strcmp(how, "new-privileges")) {
        int set = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
        if (twin || set == 0)
            achieved("no_new_privs is %d", set);
        blocked("EPERM: no_new_privs is set");
    }
    if (!strcmp(how, "dumpable-parent"))
        verdict("open the launcher's memory", open(text("/proc/%d/mem", twin ? getpid() : getppid()), O_RDWR));
    unknown("no such right: %s", how);
}

/* Runs a set-user-id program of root's, and asks who it is. */
static void set_user_id_program(const char *how)
{
    (void)how;
    const char *program = twin ? arguments[0] : value("SETUID");
    int pipes[2];
    must("pipe", pipe(pipes));
    pid_t child = (pid_t)must("fork", fork());
    if (!child) {
        dup2(pipes[1], 1);
        execl(program, program, "who", "OUT=/", NULL);
        _exit(127);
    }
    close(pipes[1]);
    char said[128] = "";
    ssize_t got = read(pipes[0], said, sizeof said - 1);
    (void)got;
    unsigned user = UINT_MAX;
    if (sscanf(said, "RESULT achieved user %u", &user) != 1)
        unknown("%s said %s", program, said);
    if (twin || user == 0)
        achieved("it is user %u", user);
    blocked("EPERM: it is user %u", user);
}

static void who(const char *how)
{
    (void)how;
    achieved("user %u", geteuid());
}

/* More processes than the policy allows: the harness says --limit. */
static void fork_many(const char *how)
{
    int wanted = twin ? 10 : 300, made = 0, error = 0;
    pid_t children[300];
    if (!strcmp(how, "threads"))
        wanted = twin ? 10 : 300;
    while (made < wanted) {
        pid_t child = fork();
        if (child < 0) {
            error = errno;
            break;
        }
        if (!child) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            quiet_child(NULL);
            _exit(0);
        }
        children[made++] = child;
    }
    for (int i = 0; i < made; i++)
        kill(children[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    errno = error;
    verdict(text("%d processes", made), error ? -1 : 0);
}

static int eat(void *with)
{
    size_t bytes = *(size_t *)with;
    char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < bytes; i += 4096)
        map[i] = 1;
    return 0;
}

/* More memory than the policy allows, in two processes, because a limit on each
 * is none on the tree. */
static void eat_much(const char *how)
{
    (void)how;
    size_t bytes = (size_t)(twin ? 1 : 300) << 20;
    int status = in_child(eat, &bytes);
    if (WIFSIGNALED(status))
        blocked("ENOMEM: ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status))
        blocked("ENOMEM: mmap");
    achieved("had %zu bytes", bytes);
}

/* Something that goes on after the command: it appends to the file, until told. */
static void beat(int file)
{
    for (int i = 0; i < 600 && !exists(work(".beat-stop")); i++) {
        if (write(file, ".", 1) != 1)
            break;
        wait_ms(10);
    }
    _exit(0);
}

static void outlive(const char *how)
{
    if (twin) {
        pid_t child = (pid_t)must("fork", fork());
        if (!child) {
            put(work(".beat-stop"), "");
            _exit(0);
        }
        must("waitpid", waitpid(child, NULL, 0));
        achieved("a child did its work in time");
    }
    /* Opened before anything is left behind: what is slow to begin writes to this
     * attempt's file, never to the next one's. */
    int file = (int)must("open", open(work(".beat"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    pid_t child = (pid_t)must("fork", fork());
    if (!child) {
        if (strcmp(how, "child")) {
            setsid();
            if (fork())
                _exit(0);
        }
        for (int i = 1; i <= SIGTERM; i++)
            signal(i, SIG_IGN);
        int null = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3; i++)
            dup2(null, i);
        if (!strcmp(how, "fork-loop")) {
            /* Always one step ahead of whoever kills by number. */
            for (int i = 0; i < 300 && !exists(work(".beat-stop")); i++) {
                pid_t next = fork();
                if (next > 0)
                    _exit(0);
                wait_ms(1);
            }
        }
        beat(file);
    }
    for (int i = 0; !lseek(file, 0, SEEK_END); i++) {
        if (i == 2000)
            unknown("what was left behind did not begin in 10 s");
        wait_ms(5);
    }
    if (!strcmp(how, "wait")) {
        host_does("kill-launcher");
        wait_ms(3000);
    }
    if (!strcmp(how, "timeout"))
        wait_ms(2500);
    achieved("left something behind");
}

static void groups_of_processes(const char *how)
{
    const char *roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified" };
    if (twin)
        verdict("read", open("/proc/self/cgroup", O_RDONLY));
    int error = ENOENT;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (!strcmp(how, "enter")) {
            const char *file = text("%s/cgroup.procs", roots[i]);
            if (open(file, O_WRONLY) >= 0)
                achieved("opened %s to write", file);
        } else {
            const char *folder = text("%s/fumehood-escape-%d", roots[i], getpid());
            if (!mkdir(folder, 0755)) {
                rmdir(folder);
                achieved("made %s", folder);
            }
        }
        if (errno != ENOENT)
            error = errno;
    }
    errno = error;
    refused("control groups");
}

#define SIGNAL(n) { "signal-" n, by_signal, n, .witness = "victim" }
#define LOOK(n) { "look-" n, look, n }
#define FIRST(n) { "first-" n, look_first, n, .alone = "machine: only root, and not if the first process is guarded" }
#define SETTING(n) { "setting-" n, settings, n, .witness = "victim" }
#define SETTING_OF_FIRST(n) { "first-setting-" n, settings_of_first, n, .alone = "never: the machine's first process" }
#define RIGHT(n) { "right-" n, rights, n, .alone = "root: a right of root" }

TABLE {
    SIGNAL("kill"), SIGNAL("stop"), SIGNAL("thread"), SIGNAL("any-thread"), SIGNAL("queue"),
    SIGNAL("group"), SIGNAL("descriptor"), SIGNAL("descriptor-of-proc"), SIGNAL("own-file"),
    { "signal-probe", by_signal, "probe" },
    { "everybody-all", to_everybody, "all", .alone = "own: it reaches every process of the user", .witness = "!victim" },
    { "everybody-group", to_everybody, "group", .scene = "mate", .witness = "!mate" },
    { "everybody-group-number", to_everybody, "group-number", .scene = "mate", .witness = "!mate" },
    { "everybody-by-pipe", to_everybody, "by-pipe", .scene = "mate", .witness = "!mate" },
    { "stop-the-parent", stop_the_parent, NULL, .scene = "wrapped" },
    { "trace-victim", trace, "victim" },
    { "attach-victim", attach, "victim" },
    { "trace-first", trace, "first", .alone = "never: the machine's first process" },
    { "attach-first", attach, "first", .alone = "never: the machine's first process" },
    { "trace-parent", trace, "parent", .scene = "wrapped" },
    { "memory-read", memory, "read" },
    { "memory-write", memory, "write", .witness = "victim" },
    { "memory-file", memory, "file" },
    { "memory-file-write", memory, "file-write", .witness = "victim" },
    LOOK("environ"), LOOK("cmdline"), LOOK("status"), LOOK("maps"), LOOK("fd"), LOOK("root"),
    LOOK("cwd"), LOOK("exe"), LOOK("task"), LOOK("io"),
    FIRST("environ"), FIRST("mem"), FIRST("fd"), FIRST("maps"), FIRST("cwd"), FIRST("root"),
    { "secrets-in-environments", secrets_in_ancestors, "environ" },
    { "secrets-in-command-lines", secrets_in_ancestors, "cmdline" },
    { "marker-in-own-environment", marker_in_own_environment, NULL, .alone = "never: part of another attempt", .scene = "part" },
    SETTING("priority"), SETTING("affinity"), SETTING("scheduler"), SETTING("limit"),
    { "setting-input-output", settings, "input-output" },
    { "setting-limit-read", settings, "limit-read" },
    { "setting-out-of-memory", settings, "out-of-memory" },
    SETTING_OF_FIRST("priority"), SETTING_OF_FIRST("affinity"), SETTING_OF_FIRST("scheduler"),
    SETTING_OF_FIRST("limit"), SETTING_OF_FIRST("input-output"), SETTING_OF_FIRST("out-of-memory"),
    SETTING_OF_FIRST("slack"),
    { "group-priority", settings_of_group, "priority", .scene = "mate" },
    { "group-input-output", settings_of_group, "input-output", .scene = "mate" },
    { "setting-move-pages", settings, "move-pages", .alone = "machine: some have no NUMA" },
    { "setting-compare", settings, "compare" },
    { "setting-robust-list", settings, "robust-list" },
    { "setting-process-group", settings, "process-group" },
    { "setting-descriptor", settings, "descriptor" },
    RIGHT("capabilities"), RIGHT("bounding"), RIGHT("other-user"), RIGHT("root-user"), RIGHT("groups"),
    RIGHT("chown"), RIGHT("nice"), RIGHT("real-time"),
    { "right-out-of-memory", rights, "out-of-memory", .alone = "machine: even root may lack CAP_SYS_RESOURCE" },
    { "right-new-privileges", rights, "new-privileges" },
    { "right-dumpable-parent", rights, "dumpable-parent", .scene = "wrapped" },
    { "set-user-id-program", set_user_id_program, NULL, .scene = "set-user-id-program" },
    { "who", who, NULL, .alone = "never: part of another attempt", .scene = "part" },
    { "limit-processes", fork_many, "processes", .gap = "processes?", .scene = "limit-processes" },
    { "limit-memory", eat_much, NULL, .gap = "memory?", .scene = "limit-memory" },
    { "outlive-child", outlive, "child", .witness = "!beat" },
    { "outlive-daemon", outlive, "daemon", .witness = "!beat" },
    { "outlive-fork-loop", outlive, "fork-loop", .witness = "!beat" },
    { "outlive-timeout", outlive, "timeout", .scene = "timeout", .witness = "!beat" },
    { "outlive-killed-launcher", outlive, "wait", .scene = "killed", .witness = "!beat" },
    { "control-group-enter", groups_of_processes, "enter", .alone = "root: control groups of the machine" },
    { "control-group-make", groups_of_processes, "make", .alone = "root: control groups of the machine" },
};
TABLE_END;
