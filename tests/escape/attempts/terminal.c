/* Terminals: typing into the one that started us, or into another's.
 *
 * The harness runs these with a terminal as 0, 1 and 2 that is also the
 * controlling one, and says where a second terminal of the same user is. */
#include "attempt.h"
#include <linux/tiocl.h>
#include <linux/vt.h>
#include <linux/kd.h>
#include <termios.h>

static void type(const char *how)
{
    unsigned long request = TIOCSTI;
    const char letter = 'X';
    if (!strcmp(how, "high-bits"))
        /* The kernel looks at 32 bits of it. */
        request |= 1ul << 32;
    if (twin) {
        struct winsize size;
        verdict("TIOCGWINSZ", syscall(SYS_ioctl, 0, TIOCGWINSZ, &size));
    }
    int file = 0;
    if (!strcmp(how, "controlling"))
        file = (int)must("/dev/tty", open("/dev/tty", O_RDWR));
    verdict("TIOCSTI", syscall(SYS_ioctl, file, request, &letter));
}

/* Reaching the driver is enough: a pseudo-terminal answers ENOTTY. */
static void ask_driver(const char *how)
{
    char paste[] = { TIOCL_GETSHIFTSTATE };
    long result;
    if (twin) {
        int pending;
        verdict("FIONREAD", ioctl(0, FIONREAD, &pending));
    }
    if (!strcmp(how, "linux"))
        result = syscall(SYS_ioctl, 0, TIOCLINUX, paste);
    else if (!strcmp(how, "linux-high-bits"))
        result = syscall(SYS_ioctl, 0, TIOCLINUX | 1ul << 32, paste);
    else if (!strcmp(how, "line-discipline")) {
        /* The one that it has: any other would leave the caller's terminal dead. */
        int discipline = 0;
        result = syscall(SYS_ioctl, 0, TIOCSETD, &discipline);
    } else
        unknown("no such request: %s", how);
    if (result && errno != ENOTTY)
        refused(how);
    achieved("reached the driver");
}

static void other_terminal(const char *how)
{
    if (twin) {
        int first = (int)must("posix_openpt", posix_openpt(O_RDWR | O_NOCTTY));
        must("grantpt", grantpt(first));
        must("unlockpt", unlockpt(first));
        char name[64];
        must("ptsname", ptsname_r(first, name, sizeof name) ? -1 : 0);
        int second = open(name, O_RDWR | O_NOCTTY);
        if (second < 0)
            refused("open");
        verdict("write to a terminal of our own", write(second, "x", 1));
    }
    const char *path = value("OTHERTTY");
    if (!strcmp(how, "by-link"))
        path = text("/proc/self/root%s", path);
    int file = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        refused(path);
    verdict("write to a terminal of somebody else", write(file, "x", 1));
}

/* Terminals of the machine's own, and its consoles. */
static void machine(const char *path)
{
    verdict(path, open(twin ? "/dev/null" : path, O_RDWR | O_NOCTTY | O_NONBLOCK));
}

#define CONSOLE "root: consoles are root's"

TABLE {
    { "type", type, "plain", .scene = "terminal", .alone = "machine: since 6.2 it can be off" },
    { "type-controlling", type, "controlling", .scene = "terminal", .alone = "machine: since 6.2 it can be off" },
    { "type-high-bits", type, "high-bits", .scene = "terminal", .alone = "machine: since 6.2 it can be off" },
    { "driver-linux", ask_driver, "linux", .scene = "terminal" },
    { "driver-linux-high-bits", ask_driver, "linux-high-bits", .scene = "terminal" },
    { "driver-line-discipline", ask_driver, "line-discipline", .scene = "terminal" },
    { "other-terminal", other_terminal, "by-name", .scene = "terminal" },
    { "other-terminal-by-link", other_terminal, "by-link", .scene = "terminal" },
    { "machine-tty1", machine, "/dev/tty1", .alone = CONSOLE },
    { "machine-vcs", machine, "/dev/vcs", .alone = CONSOLE },
    { "machine-ttyS0", machine, "/dev/ttyS0", .alone = CONSOLE },
};
TABLE_END;
