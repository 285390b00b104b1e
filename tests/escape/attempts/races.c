/* Races: being faster than a look, by threads that swap what is looked at.
 *
 * Each runs a bounded time; achieved is a single success. The twin runs the same
 * swaps between two places that are both allowed, and must get through. */
#include "attempt.h"
#include <pthread.h>

#define SECONDS 0.4

static volatile bool over;
static char *swapped, *prepared;

/* Swaps `swapped` and `prepared` for ever. */
static void *swap(void *with)
{
    (void)with;
    while (!over)
        renameat2(AT_FDCWD, swapped, AT_FDCWD, prepared, RENAME_EXCHANGE);
    return NULL;
}

static void start(void *(*run)(void *), void *with)
{
    pthread_t thread;
    must("pthread_create", pthread_create(&thread, NULL, run, with) ? -1 : 0);
}

/* Opens `path` again and again while something changes under it. Whether that
 * reached the outside is decided by `reached`. */
static void open_until(const char *path, int flags, const char *inside)
{
    double end = now() + SECONDS;
    struct stat own, found;
    must("stat", stat(inside, &own));
    unsigned long tries = 0, opened = 0;
    int error = 0;
    while (now() < end) {
        int file = open(path, flags, 0644);
        tries++;
        if (file < 0) {
            error = errno;
            continue;
        }
        opened++;
        must("fstat", fstat(file, &found));
        if (found.st_ino != own.st_ino || twin) {
            ssize_t wrote = (flags & O_ACCMODE) == O_RDONLY ? 1 : write(file, "x", 1);
            over = true;
            verdict("got through", wrote);
        }
        close(file);
    }
    over = true;
    if (tries < 100 || opened == 0)
        unknown("%lu tries, %lu opened", tries, opened);
    errno = error ? error : EROFS;
    refused(text("%lu tries, %lu on the inner one", tries, opened));
}

static void swap_symlink(const char *how)
{
    bool folder = !strcmp(how, "folder");
    swapped = work("swap-a");
    prepared = work("swap-b");
    if (folder) {
        must("mkdir", mkdir(swapped, 0755));
        put(text("%s/target", swapped), "x");
        must("symlink", symlink(aim("."), prepared));
    } else {
        put(swapped, "x");
        must("symlink", symlink(aim("target"), prepared));
    }
    const char *inside = folder ? text("%s/target", swapped) : swapped;
    int keep = (int)must("open", open(inside, O_RDONLY));
    start(swap, NULL);
    open_until(folder ? inside : swapped, O_WRONLY | O_APPEND, text("/proc/self/fd/%d", keep));
}

/* A folder is moved while `..` is followed out of it. */
static void *move_folder(void *with)
{
    (void)with;
    while (!over) {
        rename(work("race/a/b"), work("race/b"));
        rename(work("race/b"), work("race/a/b"));
    }
    return NULL;
}

static void climb_while_moved(const char *how)
{
    (void)how;
    must("mkdir", mkdir(work("race"), 0755));
    must("mkdir", mkdir(work("race/a"), 0755));
    must("mkdir", mkdir(work("race/a/b"), 0755));
    put(work("race/inner"), "x");
    must("mkdir", mkdir(work("race/own"), 0755));
    put(work("race/own/target"), "x");
    int keep = (int)must("open", open(work("race/own/target"), O_RDONLY));
    const char *below = aim("target") + (strrchr(value("W"), '/') - value("W")) + 1;
    start(move_folder, NULL);
    /* From race/a/b two up is race, from race/b the workspace: four or three up is
     * the folder above, sometimes. */
    const char *path = text("%s/race/a/b/../../../../%s", value("W"), below);
    double end = now() + SECONDS;
    unsigned long tries = 0;
    int error = ENOENT;
    while (now() < end) {
        int file = open(path, O_WRONLY | O_APPEND);
        tries++;
        if (file >= 0) {
            over = true;
            verdict("got through", write(file, "x", 1));
        }
        if (errno != ENOENT)
            error = errno;
    }
    over = true;
    close(keep);
    errno = error;
    refused(text("%lu tries", tries));
}

/* A descriptor changes its meaning while a call uses it. */
static int shared;
static int choices[2];

static void *change_descriptor(void *with)
{
    (void)with;
    for (unsigned i = 0; !over; i++)
        dup2(choices[i & 1], shared);
    return NULL;
}

static void change_folder_descriptor(const char *how)
{
    (void)how;
    choices[0] = (int)must("open", open(work("own"), O_RDONLY | O_DIRECTORY));
    choices[1] = (int)must("open", open(aim("."), O_RDONLY | O_DIRECTORY));
    shared = (int)must("dup", dup(choices[0]));
    struct stat own, found;
    must("stat", stat(work("own/target"), &own));
    start(change_descriptor, NULL);
    double end = now() + SECONDS;
    unsigned long tries = 0, opened = 0;
    int error = EROFS;
    while (now() < end) {
        int file = openat(shared, "target", O_WRONLY | O_APPEND);
        tries++;
        if (file < 0) {
            error = errno;
            continue;
        }
        opened++;
        must("fstat", fstat(file, &found));
        if (twin || found.st_ino != own.st_ino) {
            over = true;
            verdict("got through", write(file, "x", 1));
        }
        close(file);
    }
    over = true;
    if (opened == 0)
        unknown("never opened the inner one");
    errno = error;
    refused(text("%lu tries, %lu on the inner one", tries, opened));
}

/* The path itself is changed while the kernel copies it. */
static char changing[4096];

static void *change_text(void *with)
{
    const char *const *both = with;
    for (unsigned i = 0; !over; i++)
        memcpy(changing, both[i & 1], strlen(both[i & 1]) + 1);
    return NULL;
}

static void change_path_text(const char *how)
{
    (void)how;
    /* Two paths of one length, so that a mixture is a path as well. */
    static const char *both[2];
    const char *in = work("own/target");
    char *out = aim("target");
    both[0] = in;
    both[1] = out;
    strcpy(changing, in);
    int keep = (int)must("open", open(in, O_RDONLY));
    start(change_text, (void *)both);
    open_until(changing, O_WRONLY | O_APPEND, text("/proc/self/fd/%d", keep));
}

/* Protected names, by the same means. */
static void swap_git(const char *how)
{
    swapped = work("swap-a");
    prepared = work("swap-b");
    must("mkdir", mkdir(swapped, 0755));
    put(text("%s/commit-msg", swapped), "x");
    must("symlink", symlink(twin ? work("own") : work(".git/hooks"), prepared));
    if (twin)
        put(work("own/commit-msg"), "x");
    const char *inside = text("%s/commit-msg", swapped);
    (void)how;
    int keep = (int)must("open", open(inside, O_RDONLY));
    start(swap, NULL);
    open_until(inside, O_WRONLY | O_APPEND, text("/proc/self/fd/%d", keep));
}

static void swap_secret(const char *how)
{
    (void)how;
    swapped = work("swap-a");
    prepared = work("swap-b");
    put(swapped, "x");
    must("symlink", symlink(twin ? work("own/marked") : text("%s/key", value("SECRET")), prepared));
    int keep = (int)must("open", open(swapped, O_RDONLY));
    start(swap, NULL);
    open_until(swapped, O_RDONLY, text("/proc/self/fd/%d", keep));
}

/* `--allow-write W/build`, and W/build is a link that an earlier command left. The
 * host may swap the two meanwhile: what is written in the real folder is allowed. */
static void planted_root(const char *how)
{
    (void)how;
    const char *path = work(twin ? "own/target" : "build/target");
    struct stat outer, found;
    must("stat", stat(aim("target"), &outer));
    double end = now() + SECONDS / 4;
    int error = EROFS;
    do {
        int file = open(path, O_WRONLY | O_APPEND);
        if (file < 0) {
            error = errno;
            continue;
        }
        must("fstat", fstat(file, &found));
        if (twin || (found.st_ino == outer.st_ino && found.st_dev == outer.st_dev))
            verdict("write", write(file, "x", 1));
        must("close", close(file));
    } while (now() < end);
    errno = error;
    refused("open of the outer one");
}

TABLE {
    { "swap-symlink-to-a-file", swap_symlink, "file", .witness = "outside" },
    { "swap-symlink-to-a-folder", swap_symlink, "folder", .witness = "outside" },
    { "climb-while-moved", climb_while_moved, NULL, .witness = "outside" },
    { "change-a-descriptor", change_folder_descriptor, NULL, .witness = "outside" },
    { "change-the-text-of-a-path", change_path_text, NULL, .witness = "outside" },
    { "swap-hooks", swap_git, NULL, .witness = "guarded" },
    { "swap-secret", swap_secret, NULL },
    { "planted-root", planted_root, NULL, .scene = "planted-root", .witness = "outside" },
    { "planted-root-swapped-at-start", planted_root, NULL, .scene = "planted-root-swapped", .witness = "outside" },
};
TABLE_END;
