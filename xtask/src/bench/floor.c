// The floor of a start: the system calls of one plan, in the plan's order, and
// nothing else: no configuration, no planning, no report, no log. Each function
// below stands for one kind of step; `xtask/src/bench/floor.rs` writes the calls of
// them, with every argument a constant, in place of the line that includes "plan.h".
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Numbers of asm-generic/unistd.h, the same on every machine since 2018.
enum { OPEN_TREE = 428, MOVE_MOUNT = 429, FSOPEN = 430, FSCONFIG = 431, FSMOUNT = 432,
       CLONE3 = 435, CLOSE_RANGE = 436, OPENAT2 = 437, MOUNT_SETATTR = 442,
       RULESET = 444, ADD_RULE = 445, RESTRICT = 446 };
enum { TREE_CLONE = 1, RECURSIVE = 0x8000, EMPTY_PATH = 0x1000, EMPTY_BOTH = 0x4 | 0x40,
       NO_SYMLINKS = 4, SET_STRING = 1, CREATE = 6 };
#define INTO_GROUP 0x200000000UL
enum { READ_ONLY = 1, NO_SUID = 2, NO_DEVICES = 4, NO_EXEC = 8 };

typedef struct { uint16_t code; uint8_t jt, jf; uint32_t k; } instruction;
static int slots[256];

static void die(const char *what, const char *on) {
  fprintf(stderr, "floor: %s %s: %s\n", what, on, strerror(errno));
  _exit(125);
}
static int ok(long result, const char *what, const char *on) {
  if (result < 0) die(what, on);
  return (int)result;
}

static void write_text(const char *path, const char *text) {
  int file = ok(open(path, O_WRONLY | O_CLOEXEC), "open", path);
  ok(write(file, text, strlen(text)), "write", path);
  close(file);
}
static int at(const char *path) {
  struct { uint64_t flags, mode, resolve; } how = { O_PATH | O_CLOEXEC, 0, NO_SYMLINKS };
  return ok(syscall(OPENAT2, AT_FDCWD, path, &how, sizeof how), "openat2", path);
}
static void add_flags(int tree, uint64_t flags, const char *on) {
  uint64_t attributes[4] = { flags, 0, 0, 0 };
  ok(syscall(MOUNT_SETATTR, tree, "", EMPTY_PATH | RECURSIVE, attributes, sizeof attributes),
     "mount_setattr", on);
}
static int copy_tree(int from, const char *name, int recursive) {
  int flags = TREE_CLONE | O_CLOEXEC | EMPTY_PATH | recursive;
  return ok(syscall(OPEN_TREE, from, name, flags), "open_tree", name);
}
static void attach_at(int tree, int target, const char *on) {
  ok(syscall(MOVE_MOUNT, tree, "", target, "", EMPTY_BOTH), "move_mount", on);
}

// Lasting steps.
static void keep_folder(const char *path) {
  struct stat found;
  if (stat(path, &found) && mkdir(path, 0700)) die("mkdir", path);
}
static void group_make(const char *path) { if (mkdir(path, 0755) && errno != EEXIST) die("mkdir", path); }
static void group_set(const char *file, const char *value) { write_text(file, value); }
static int group_hold(const char *path) { return ok(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), "open", path); }
static void group_remove(const char *path) { rmdir(path); }

// Steps inside.
// A thread that moves itself by "0" in `tasks` waits for nobody (25 us); any process
// written to `cgroup.procs` waits for every running fork and exit (5 to 15 ms).
static void join_group(const char *tasks) { write_text(tasks, "0"); }
static void map_identity(const char *users, const char *groups) {
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", users);
  write_text("/proc/self/gid_map", groups);
}
static void host_name(const char *name) {
  ok(sethostname(name, strlen(name)), "sethostname", name);
}

static void loopback(void) {
  struct ifreq request = { 0 };
  int socket_ = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket", "");
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  ok(ioctl(socket_, SIOCSIFFLAGS, &request), "ioctl", "lo");
  close(socket_);
}
static void private_mounts(void) { ok(mount(0, "/", 0, MS_PRIVATE | MS_REC, 0), "mount", "/"); }
static void hold_tree(int slot, const char *source, int check, uint64_t device, uint64_t inode, uint64_t flags) {
  struct stat found;
  int from = at(source);
  if (check) {
    ok(fstat(from, &found), "fstat", source);
    if (found.st_dev != device || found.st_ino != inode) { errno = ESTALE; die("fstat", source); }
  }
  slots[slot] = copy_tree(from, "", RECURSIVE);
  close(from);
  add_flags(slots[slot], flags, source);
}
static int fs_open(const char *kind) { return ok(syscall(FSOPEN, kind, 1), "fsopen", kind); }
static void fs_set(int fs, const char *key, const char *value) {
  ok(syscall(FSCONFIG, fs, SET_STRING, key, value, 0), "fsconfig", key);
}
static void fs_hold(int slot, int fs, unsigned attributes) {
  ok(syscall(FSCONFIG, fs, CREATE, 0, 0, 0), "fsconfig", "create");
  slots[slot] = ok(syscall(FSMOUNT, fs, 1, attributes), "fsmount", "");
  close(fs);
}
static void hold_tmpfs(int slot, const char *size, const char *inodes, const char *mode) {
  int fs = fs_open("tmpfs");
  fs_set(fs, "size", size);
  fs_set(fs, "nr_inodes", inodes);
  fs_set(fs, "mode", mode);
  fs_hold(slot, fs, NO_SUID | NO_DEVICES);
}
static void hold_devpts(int slot) {
  int fs = fs_open("devpts");
  fs_set(fs, "ptmxmode", "0666");
  fs_set(fs, "mode", "0620");
  fs_hold(slot, fs, NO_SUID | NO_EXEC);
}
static void hold_proc(int slot) { fs_hold(slot, fs_open("proc"), NO_SUID | NO_EXEC); }
static void hold_overlay(int slot, const char *lower, const char *upper, const char *work) {
  int fs = fs_open("overlay");
  fs_set(fs, "lowerdir", lower);
  fs_set(fs, "upperdir", upper);
  fs_set(fs, "workdir", work);
  fs_hold(slot, fs, NO_SUID | NO_DEVICES);
}
static int above(int slot, const char *folder) {
  return ok(openat(slots[slot], folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "openat", folder);
}
static void make_folder(int slot, const char *name, unsigned mode) {
  struct stat found;
  if (!fstatat(slots[slot], name, &found, AT_SYMLINK_NOFOLLOW) && !S_ISDIR(found.st_mode)) die("entry", name);
  if (!mkdirat(slots[slot], name, mode)) ok(fchmodat(slots[slot], name, mode, 0), "fchmodat", name);
  else if (errno != EEXIST) die("mkdirat", name);
}
static void make_file(int slot, const char *name, unsigned mode, const char *text, int check) {
  struct stat found;
  if (check && !fstatat(slots[slot], name, &found, AT_SYMLINK_NOFOLLOW) && !S_ISREG(found.st_mode)) die("entry", name);
  int file = ok(openat(slots[slot], name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), "openat", name);
  if (*text) ok(write(file, text, strlen(text)), "write", name);
  ok(fchmod(file, mode), "fchmod", name);
  close(file);
}
static void make_symlink(int slot, const char *name, const char *to) {
  ok(symlinkat(to, slots[slot], name), "symlinkat", name);
}
static void seal_slot(int slot) { add_flags(slots[slot], READ_ONLY, "slot"); }
static void host_flags(uint64_t flags) {
  int root = at("/");
  add_flags(root, flags, "/");
  close(root);
}
static void attach(int slot, const char *target) {
  int to = at(target);
  attach_at(slots[slot], to, target);
  close(to);
}
static void attach_copy(int slot, const char *entry, const char *target) {
  int copy = copy_tree(slots[slot], entry, 0), to = at(target);
  attach_at(copy, to, target);
  close(to);
  close(copy);
}
static void pin(const char *path, uint64_t flags) {
  int from = at(path), tree = copy_tree(from, "", RECURSIVE);
  add_flags(tree, flags, path);
  attach_at(tree, from, path);
  close(tree);
  close(from);
}
static void no_nested_users(void) { write_text("/proc/sys/user/max_user_namespaces", "0"); }
static void enter_folder(const char *path) { ok(chdir(path), "chdir", path); }
static void limit(int resource, uint64_t value) {
  struct rlimit now;
  ok(getrlimit(resource, &now), "getrlimit", "");
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value) value = now.rlim_max;
  now.rlim_cur = now.rlim_max = value;
  ok(setrlimit(resource, &now), "setrlimit", "");
}
static void prefer_oom_kill(const char *score) { write_text("/proc/self/oom_score_adj", score); }
static void no_new_privileges(void) { ok(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", ""); }
static int landlock_make(uint64_t files, uint64_t scoped) {
  uint64_t attributes[3] = { files, 0, scoped };
  long abi = syscall(RULESET, 0, 0, 1);
  return ok(syscall(RULESET, attributes, abi >= 6 ? sizeof attributes : sizeof(uint64_t), 0), "landlock", "make");
}
static void landlock_grant(int rules, uint64_t rights, const char *path) {
  struct { uint64_t rights; int32_t at; } __attribute__((packed)) rule = { rights, at(path) };
  ok(syscall(ADD_RULE, rules, 1, &rule, 0), "landlock", path);
  close(rule.at);
}
static void landlock_enforce(int rules) {
  ok(syscall(RESTRICT, rules, 0), "landlock", "enforce");
  close(rules);
}
static void drop_capabilities(void) {
  for (unsigned long number = 0; number < 64 && !prctl(PR_CAPBSET_DROP, number, 0, 0, 0); number++) {}
  struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
  uint32_t sets[6] = { 0 };
  ok(syscall(SYS_capset, &header, sets), "capset", "");
}
static void seccomp(const instruction *program, uint16_t length) {
  struct { uint16_t length; const instruction *program; } filter = { length, program };
  ok(syscall(SYS_seccomp, 1, 0, &filter), "seccomp", "");
}

// The plan: `lasting`, `group`, `steps`, `leftovers`, FLAGS and `environment`.
#include "plan.h"

// Process 1 of the namespace: one child that executes, and reaping until none is left.
static int reap(char **command) {
  int status, result = 0;
  pid_t child = vfork();
  if (!child) {
    execve(command[0], command, environment);
    _exit(127);
  }
  ok(child, "vfork", command[0]);
  for (pid_t ended; (ended = wait(&status)) > 0 || errno == EINTR;)
    if (ended == child) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

int main(int count, char **words) {
  int pidfd = -1, status;
  if (count < 2) return 125;
  lasting();
  int into = group();
  uint64_t clone_[11] = { FLAGS | CLONE_PIDFD | (into < 0 ? 0 : INTO_GROUP), (uintptr_t)&pidfd, 0, 0, SIGCHLD };
  clone_[10] = (uint64_t)into;
  pid_t child = ok(syscall(CLONE3, clone_, into < 0 ? 64 : sizeof clone_), "clone3", "");
  if (!child) {
    steps();
    ok(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl", "");
    ok(syscall(CLOSE_RANGE, 3, ~0U, 4), "close_range", "");
    _exit(reap(words + 1));
  }
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) die("waitpid", "");
  leftovers();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
