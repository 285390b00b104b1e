/* What stands outside while an attempt is made: a process to be attacked.
 *
 * It says `ready PID ADDRESS`, holds the marker in memory, and notes in the file
 * that it is told when anything happens to it. It ends when its input does, so
 * that nothing is left if the harness dies. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <fcntl.h>

static char buffer[64] = "SECRET-CONTENT";
static int notes;

static void note(int signal)
{
    char line[32];
    int length = snprintf(line, sizeof line, "signal %d\n", signal);
    if (write(notes, line, (size_t)length) != length)
        _exit(1);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    notes = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (notes < 0)
        return 3;
    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP && i != SIGCHLD && i != SIGSEGV)
            signal(i, note);
    /* A harness with Yama below still wants the attempt to be possible alone. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    printf("ready %d %#lx\n", getpid(), (unsigned long)(uintptr_t)buffer);
    fflush(stdout);
    for (;;) {
        struct pollfd input = { 0, POLLIN, 0 };
        if (poll(&input, 1, 20) > 0) {
            char byte;
            if (read(0, &byte, 1) <= 0)
                return 0;
        }
        if (strcmp(buffer, "SECRET-CONTENT")) {
            if (write(notes, "memory changed\n", 15) != 15)
                return 4;
            strcpy(buffer, "SECRET-CONTENT");
        }
    }
}
