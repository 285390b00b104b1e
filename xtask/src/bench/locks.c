/* What the kernel asks for its locks, whatever is in them: a filter that allows
 * everything, and Landlock's rights to write, granted below the folder that is named.
 *
 *     locks FOLDER PROGRAM [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All rights but EXECUTE, READ_FILE, READ_DIR and TRUNCATE, as a run has them. */
#define WRITING 0xbff2ULL
/* Ends the run that is measured: a floor that is not in force measures nothing. */
#define MUST(call) do { if ((call) < 0) { perror(#call); return 125; } } while (0)

struct rule {
    uint64_t rights;
    int32_t folder;
} __attribute__((packed));

int main(int argc, char **argv) {
    if (argc < 3)
        return 125;
    uint64_t handled[3] = { WRITING, 0, 3 };
    int rules = syscall(SYS_landlock_create_ruleset, handled, sizeof handled, 0);
    MUST(rules);
    const char *folders[] = { argv[1], "/dev" };
    for (int at = 0; at < 2; at++) {
        struct rule rule = { WRITING, open(folders[at], O_PATH | O_CLOEXEC) };
        MUST(rule.folder);
        MUST(syscall(SYS_landlock_add_rule, rules, 1, &rule, 0));
    }
    struct sock_filter allow[] = { { BPF_RET, 0, 0, SECCOMP_RET_ALLOW } };
    struct sock_fprog filter = { 1, allow };
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    MUST(syscall(SYS_landlock_restrict_self, rules, 0));
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
    close(rules);
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 125;
}
