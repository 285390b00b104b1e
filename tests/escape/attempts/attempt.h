/* What every class of attempts shares: the table, the three-valued result, and
 * where things are.
 *
 * A class is one program. Called with --list it prints its table; called with a
 * name, places as KEY=VALUE and perhaps the word `twin`, it tries that one thing
 * and prints exactly one line: RESULT achieved|blocked|unknown DETAIL.
 *
 * `achieved`  the attack did what it wanted (or its twin what it is allowed to);
 * `blocked`   the kernel refused, with an errno that a boundary answers;
 * `unknown`   anything else. It never counts as blocked.
 *
 * The twin of an attempt is the same function, aimed at something that has to be
 * allowed: so an attempt is not blocked because its probe is broken. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* What the harness writes into everything that must not be read. */
#define MARKER "SECRET-CONTENT"

struct attempt {
    const char *name;
    void (*run)(const char *how);
    const char *how;
    /* The gap that it falls under; with a `?` behind, it may be blocked too. */
    const char *gap;
    /* Why it need not achieve without a sandbox: `root: …` (only root achieves),
     * `own: …` (tried alone only as the harness's own user), `never: …` (not
     * tried alone), `machine: …` (some machines lack what it needs). */
    const char *alone;
    /* What the harness sets up besides the usual, in words. */
    const char *scene;
    /* What outside notices when it achieves. With a `!` in front, that alone
     * decides: the call itself succeeds either way. */
    const char *witness;
};

/* Each class defines these two. */
extern const struct attempt ATTEMPTS[];
extern const size_t ATTEMPT_COUNT;
#define TABLE const struct attempt ATTEMPTS[] =
#define TABLE_END const size_t ATTEMPT_COUNT = sizeof ATTEMPTS / sizeof *ATTEMPTS

static bool twin;
static int argument_count;
static char **arguments;

static inline void say(const char *word, const char *format, va_list list)
{
    char detail[512];
    vsnprintf(detail, sizeof detail, format, list);
    for (char *c = detail; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    char line[600];
    int length = snprintf(line, sizeof line, "RESULT %s %s\n", word, detail);
    ssize_t written = write(STDOUT_FILENO, line, (size_t)length);
    _exit(written == length ? 0 : 1);
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void achieved(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("achieved", format, list);
    __builtin_unreachable();
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void unknown(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("unknown", format, list);
    __builtin_unreachable();
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void blocked(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("blocked", format, list);
    __builtin_unreachable();
}

/* Answers that a boundary gives. EINVAL, EFAULT and the like are a broken probe. */
static inline bool is_refusal(int error)
{
    static const int refusals[] = {
        EPERM, EACCES, EROFS, EXDEV, ENOSYS, ENOENT, ESRCH, ENXIO, ENODEV, EBADF, EBUSY,
        EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT, ENETUNREACH,
        EHOSTUNREACH, ECONNREFUSED, EADDRNOTAVAIL, EUSERS, ENOSPC, EAGAIN, EOPNOTSUPP, EIO,
        ENOTDIR,
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i] == error)
            return true;
    return false;
}

/* The kernel said no to `what`. */
__attribute__((noreturn)) static inline void refused(const char *what)
{
    int error = errno;
    if (is_refusal(error))
        blocked("%s: %s", what, strerrorname_np(error));
    unknown("%s: %s", what, strerrorname_np(error));
}

/* Ends with a result, from what a call returned. */
__attribute__((noreturn)) static inline void verdict(const char *what, long returned)
{
    if (returned < 0)
        refused(what);
    achieved("%s", what);
}

/* Something of the scene could not be set up: says nothing about the boundary. */
static inline long must(const char *what, long returned)
{
    if (returned < 0)
        unknown("setting up, %s: %s", what, strerrorname_np(errno));
    return returned;
}

static inline const char *value_or(const char *key, const char *otherwise)
{
    size_t length = strlen(key);
    for (int i = 1; i < argument_count; i++)
        if (!strncmp(arguments[i], key, length) && arguments[i][length] == '=')
            return arguments[i] + length + 1;
    return otherwise;
}

static inline const char *value(const char *key)
{
    const char *found = value_or(key, NULL);
    if (!found)
        unknown("nobody said where %s is", key);
    return found;
}

static inline long number(const char *key)
{
    return strtol(value(key), NULL, 0);
}

__attribute__((format(printf, 1, 2))) static inline char *text(const char *format, ...)
{
    char *made;
    va_list list;
    va_start(list, format);
    if (vasprintf(&made, format, list) < 0)
        unknown("no memory");
    va_end(list);
    return made;
}

/* `name` in the workspace. */
static inline char *work(const char *name)
{
    return text("%s/%s", value("W"), name);
}

/* `name` in the outside folder, or in the twin's folder, which holds the same. */
static inline char *aim(const char *name)
{
    return text("%s/%s", value(twin ? "OWN" : "OUT"), name);
}

static inline bool exists(const char *path)
{
    struct stat status;
    return !lstat(path, &status);
}

static inline void wait_ms(long milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    while (nanosleep(&time, &time) && errno == EINTR)
        ;
}

static inline double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void put(const char *path, const char *content)
{
    int file = (int)must(path, open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    must(path, write(file, content, strlen(content)));
    close(file);
}

/* The start of a file, or NULL with errno. */
static inline char *content(const char *path)
{
    static char buffer[65536];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return NULL;
    size_t filled = 0;
    ssize_t got;
    while (filled < sizeof buffer - 1 && (got = read(file, buffer + filled, sizeof buffer - 1 - filled)) > 0)
        filled += (size_t)got;
    if (filled == 0 && got < 0) {
        int error = errno;
        close(file);
        errno = error;
        return NULL;
    }
    close(file);
    buffer[filled] = 0;
    for (size_t i = 0; i < filled; i++)
        if (!buffer[i])
            buffer[i] = '\n';
    return buffer;
}

/* Reads a file that holds the marker: achieved only if the marker comes out. */
__attribute__((noreturn)) static inline void read_marker(const char *path)
{
    char *read = content(path);
    if (!read)
        refused(path);
    if (strstr(read, MARKER))
        achieved("read %s", path);
    if (!*read)
        blocked("%s is empty", path);
    unknown("%s holds something else", path);
}

/* Asks the host's side to do its part, and waits until it has. The answer is what
 * it wrote. */
static inline char *host_does(const char *word)
{
    char *part = work(".ready.part"), *ready = work(".ready"), *go = work(".go");
    put(part, word);
    must("asking the host", rename(part, ready));
    for (int i = 0; i < 2000; i++) {
        char *answer = content(go);
        if (answer && *answer)
            return answer;
        wait_ms(5);
    }
    unknown("the host did not do its part");
}

/* Runs `run` in a child; what it returns is the child's exit status. */
static inline int in_child(int (*run)(void *), void *with)
{
    fflush(NULL);
    pid_t child = (pid_t)must("fork", fork());
    if (!child)
        _exit(run(with));
    int status;
    must("waitpid", waitpid(child, &status, 0));
    return status;
}

static inline void list_attempts(void)
{
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        const struct attempt *a = &ATTEMPTS[i];
        const char *fields[] = { a->gap, a->alone, a->scene, a->witness };
        printf("%s", a->name);
        for (size_t j = 0; j < 4; j++)
            printf("\t%s", fields[j] ? fields[j] : "");
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    argument_count = argc;
    arguments = argv;
    if (argc < 2)
        unknown("which attempt?");
    if (!strcmp(argv[1], "--list")) {
        list_attempts();
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    twin = argc > 2 && !strcmp(argv[2], "twin");
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        const struct attempt *a = &ATTEMPTS[i];
        if (strcmp(a->name, argv[1]))
            continue;
        /* What cannot be seen cannot be attacked, and proves nothing. */
        const char *out = value_or("OUT", NULL);
        if (out && !exists(out))
            unknown("%s is not visible: %s", out, strerrorname_np(errno));
        a->run(a->how);
        unknown("ended without a verdict");
    }
    unknown("there is no attempt of this name");
}

#endif
