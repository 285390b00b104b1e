/* Planting something for later: what git, editors, agents and shells run or trust
 * when the user comes back to the workspace.
 *
 * The workspace is a repository with hooks, a configuration and most protected
 * names; `nested` in it is another repository, `linked` a worktree of it, `bare` a
 * workspace's folder with none of that. Twins do the same to names that mean
 * nothing. Paths below are relative to the workspace. */
#include "attempt.h"

static const char PROGRAM[] = "#!/bin/sh\n: " MARKER "\n";

/* `name`, or for a twin a name of the same kind that means nothing. */
static char *plain(const char *name)
{
    if (!twin)
        return work(name);
    char *changed = text("%s", name);
    for (char *c = changed; *c; c++)
        if (*c == '/')
            *c = '_';
    return text("%s/own/%s", value("W"), changed);
}

static void make_folders(const char *path)
{
    char *copy = text("%s", path);
    for (char *c = copy + strlen(value("W")) + 1; (c = strchr(c, '/')); c++) {
        *c = 0;
        if (mkdir(copy, 0755) && errno != EEXIST)
            refused(copy);
        *c = '/';
    }
}

/* Makes a file that was not there. */
static void plant(const char *name)
{
    const char *path = plain(name);
    make_folders(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
    if (file < 0)
        refused(path);
    verdict(path, write(file, PROGRAM, sizeof PROGRAM - 1));
}

/* Appends to one that was. The twin has a file of its own to append to. */
static void change(const char *name)
{
    const char *path = twin ? work("own/target") : work(name);
    int file = open(path, O_WRONLY | O_APPEND);
    if (file < 0)
        refused(path);
    verdict(path, write(file, PROGRAM, sizeof PROGRAM - 1));
}

/* As git does it: writes beside, and renames onto. */
static void rename_onto(const char *name)
{
    const char *path = twin ? work("own/target") : work(name);
    put(work("own/prepared"), PROGRAM);
    verdict(path, rename(work("own/prepared"), path));
}

static void link_onto(const char *name)
{
    put(work("own/prepared"), PROGRAM);
    verdict("link", link(work("own/prepared"), twin ? work("own/linked") : work(name)));
}

static void exchange_with(const char *name)
{
    const char *path = twin ? work("own/target") : work(name);
    if (strstr(name, "hooks") || !strcmp(name, ".git") || !strcmp(name, ".vscode")) {
        path = twin ? work("own/folder") : path;
        must("mkdir", mkdir(work("own/prepared"), 0755));
    } else {
        put(work("own/prepared"), PROGRAM);
    }
    verdict(path, renameat2(AT_FDCWD, work("own/prepared"), AT_FDCWD, path, RENAME_EXCHANGE));
}

static void move_away(const char *name)
{
    verdict("rename", rename(twin ? work("own/folder") : work(name), work("own/elsewhere")));
}

static void remove_it(const char *name)
{
    verdict("unlink", unlink(twin ? work("own/target") : work(name)));
}

static void make_executable(const char *name)
{
    verdict("chmod", chmod(twin ? work("own/target") : work(name), 0777));
}

/* Moves a folder away and builds another in its place: a cover would go along. */
static void rebuild(const char *name)
{
    const char *path = twin ? work("own/folder") : work(name);
    if (rename(path, work("own/elsewhere")))
        refused("rename");
    must("mkdir", mkdir(path, 0755));
    put(text("%s/planted", path), PROGRAM);
    achieved("rebuilt %s", path);
}

/* Builds a repository elsewhere, and moves it to where git looks. */
static void move_into_place(const char *name)
{
    must("mkdir", mkdir(work("own/built"), 0755));
    must("mkdir", mkdir(work("own/built/hooks"), 0755));
    put(work("own/built/hooks/pre-commit"), PROGRAM);
    put(work("own/built/config"), "[core]\n\tfsmonitor = /bin/false\n");
    const char *path = twin ? work("own/in-place") : work(name);
    make_folders(path);
    verdict("rename", rename(work("own/built"), path));
}

static void link_into_place(const char *name)
{
    must("mkdir", mkdir(work("own/built"), 0755));
    const char *path = plain(name);
    make_folders(path);
    verdict("symlink", symlink(work("own/built"), path));
}

/* A bare repository in the open: git takes any folder with these three for one. */
static void bare_in_the_open(const char *folder)
{
    const char *base = twin ? "own/odd" : folder;
    const char *objects = text("%s/%s", base, twin ? "a" : "objects");
    const char *refs = text("%s/%s", base, twin ? "b" : "refs");
    make_folders(work(text("%s/x", objects)));
    make_folders(work(text("%s/x", refs)));
    put(work(text("%s/%s", base, twin ? "c" : "HEAD")), "ref: refs/heads/main\n");
    put(work(text("%s/%s", base, twin ? "d" : "config")), "[core]\n\tfsmonitor = /bin/false\n");
    achieved("git in %s would run it", base);
}

/* `git config`, as a command would. The twin sets it in a file that is no
 * repository's. */
static void git_config(const char *key)
{
    char *arguments_of_git[] = { "git", "-C", (char *)value("W"), "config", "--file", work("own/no-config"), (char *)key, "/bin/false", NULL };
    if (!twin) {
        arguments_of_git[4] = (char *)key;
        arguments_of_git[5] = "/bin/false";
        arguments_of_git[6] = NULL;
    }
    pid_t child = (pid_t)must("fork", fork());
    if (!child) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
        execvp("git", arguments_of_git);
        _exit(127);
    }
    int status;
    must("waitpid", waitpid(child, &status, 0));
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 128)
        unknown("git ended with %x", (unsigned)status);
    if (WEXITSTATUS(status))
        blocked("EROFS: git config says %d", WEXITSTATUS(status));
    achieved("git set %s", key);
}

/* By a descriptor from before, by a link, by another case. */
static void sideways(const char *how)
{
    if (!strcmp(how, "symlink-to-hooks")) {
        must("symlink", symlink(twin ? work("own") : work(".git/hooks"), work("own/way")));
        int file = open(work("own/way/pre-push"), O_WRONLY | O_CREAT | O_EXCL, 0755);
        verdict("create", file);
    }
    if (!strcmp(how, "descriptor")) {
        int folder = (int)must("open", open(twin ? work("own") : work(".git/hooks"), O_PATH | O_DIRECTORY));
        verdict("openat", openat(folder, "pre-push", O_WRONLY | O_CREAT | O_EXCL, 0755));
    }
    if (!strcmp(how, "temporary")) {
        int file = (int)must("O_TMPFILE", open(work("own"), O_TMPFILE | O_RDWR, 0755));
        verdict("linkat", linkat(AT_FDCWD, text("/proc/self/fd/%d", file), AT_FDCWD,
                                 twin ? work("own/pre-push") : work(".git/hooks/pre-push"), AT_SYMLINK_FOLLOW));
    }
    if (!strcmp(how, "hard-link-out")) {
        /* Another name for the configuration, outside of what is read-only. */
        if (link(twin ? work("own/target") : work(".git/config"), work("own/way")))
            refused("link");
        int file = open(work("own/way"), O_WRONLY | O_APPEND);
        if (file < 0)
            refused("open");
        verdict("write", write(file, "#", 1));
    }
    if (!strcmp(how, "proc-root")) {
        int file = open(text("/proc/self/root%s", twin ? work("own/target") : work(".git/config")), O_WRONLY | O_APPEND);
        if (file < 0)
            refused("open");
        verdict("write", write(file, "#", 1));
    }
    if (!strcmp(how, "mapped")) {
        int file = open(twin ? work("own/target") : work(".git/config"), O_RDWR);
        if (file < 0)
            refused("open");
        char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (map == MAP_FAILED)
            refused("mmap");
        *map = '#';
        achieved("wrote through a mapping");
    }
    unknown("no such way: %s", how);
}

/* What a rule of the command line protects. */
static void denied_write(const char *how)
{
    if (!strcmp(how, "write")) {
        int file = open(twin ? work("own/target") : work("own/locked/rules"), O_WRONLY | O_APPEND);
        if (file < 0)
            refused("open");
        verdict("write", write(file, "x", 1));
    }
    if (!strcmp(how, "rename"))
        verdict("rename", rename(work(twin ? "own/folder" : "own/locked"), work("own/elsewhere")));
    /* The folder above goes away, and another one is built. */
    if (rename(work(twin ? "own/folder" : "own"), work(twin ? "own/moved" : "moved")))
        refused("rename");
    if (twin)
        achieved("moved a folder");
    must("mkdir", mkdir(work("own"), 0755));
    must("mkdir", mkdir(work("own/locked"), 0755));
    put(work("own/locked/rules"), PROGRAM);
    achieved("other rules are in its place");
}

#define PLANT(n, g) { "plant-" n, plant, n, .gap = g }
#define CHANGE(n) { "change-" n, change, n, .witness = "guarded" }
#define DEEP(n) { "change-" n, change, n, .gap = "names-at-depth" }
#define ONTO(n) { "rename-onto-" n, rename_onto, n, .witness = "guarded" }
#define AWAY(n) { "move-away-" n, move_away, n, .witness = "guarded" }
#define GIT(n) { "git-config-" n, git_config, n, .witness = "guarded" }
#define SIDEWAYS(n) { "sideways-" n, sideways, n, .witness = "guarded" }
#define MISSING "missing-names"
#define DEPTH "names-at-depth"

TABLE {
    /* At the top, where the name exists: mounts hold it. */
    PLANT(".git/hooks/pre-commit", NULL), PLANT(".git/hooks/post-checkout", NULL),
    PLANT(".vscode/launch.json", NULL), PLANT(".claude/hooks/run", NULL), PLANT(".github/hooks/run", NULL),
    PLANT(".config/git/ignore", NULL),
    CHANGE(".git/hooks/commit-msg"), CHANGE(".git/config"), CHANGE(".vscode/tasks.json"),
    CHANGE(".claude/settings.json"), CHANGE(".mcp.json"), CHANGE(".envrc"), CHANGE(".bashrc"),
    CHANGE(".cursor/mcp.json"), CHANGE(".codex/config.toml"), CHANGE(".gitconfig"), CHANGE(".github/hooks/hook.json"),
    CHANGE(".idea/workspace.xml"), CHANGE(".devcontainer/devcontainer.json"), CHANGE("mise.toml"),
    CHANGE(".fumehood/notes"), CHANGE(".husky/pre-commit"),
    ONTO(".git/config"), ONTO(".git/hooks/commit-msg"), ONTO(".envrc"), ONTO(".mcp.json"), ONTO(".vscode/tasks.json"),
    { "link-onto-.git/hooks/pre-commit", link_onto, ".git/hooks/pre-commit", .witness = "guarded" },
    { "exchange-.git/config", exchange_with, ".git/config", .witness = "guarded" },
    { "exchange-.git/hooks", exchange_with, ".git/hooks", .witness = "guarded" },
    { "exchange-.git", exchange_with, ".git", .witness = "guarded" },
    { "exchange-.vscode", exchange_with, ".vscode", .witness = "guarded" },
    { "exchange-.envrc", exchange_with, ".envrc", .witness = "guarded" },
    AWAY(".git"), AWAY(".git/hooks"), AWAY(".vscode"), AWAY(".claude"), AWAY(".github"), AWAY(".config"), AWAY(".mcp.json"),
    { "rebuild-.git", rebuild, ".git", .witness = "guarded" },
    { "rebuild-.vscode", rebuild, ".vscode", .witness = "guarded" },
    { "remove-.git/config", remove_it, ".git/config", .witness = "guarded" },
    { "remove-.envrc", remove_it, ".envrc", .witness = "guarded" },
    { "executable-.git/hooks/commit-msg", make_executable, ".git/hooks/commit-msg", .witness = "guarded" },
    SIDEWAYS("symlink-to-hooks"), SIDEWAYS("descriptor"), SIDEWAYS("temporary"), SIDEWAYS("hard-link-out"),
    SIDEWAYS("proc-root"), SIDEWAYS("mapped"),
    GIT("core.fsmonitor"), GIT("core.hooksPath"), GIT("core.sshCommand"), GIT("core.pager"), GIT("include.path"),
    GIT("alias.st"), GIT("filter.x.clean"), GIT("diff.x.textconv"), GIT("credential.helper"), GIT("core.worktree"),

    /* At the top, where it does not exist. */
    PLANT(".git/config.worktree", MISSING), PLANT(".git/commondir", MISSING), PLANT(".gemini/settings.json", MISSING),
    PLANT(".zshrc", MISSING), PLANT(".mise.toml", MISSING), PLANT("opencode.json", MISSING),
    PLANT(".hg/hgrc", MISSING), PLANT(".jj/repo/config.toml", MISSING),
    { "bare-plant-.git/hooks/pre-commit", plant, ".git/hooks/pre-commit", .gap = MISSING, .scene = "bare" },
    { "bare-plant-.git/config", plant, ".git/config", .gap = MISSING, .scene = "bare" },
    { "bare-plant-.vscode/tasks.json", plant, ".vscode/tasks.json", .gap = MISSING, .scene = "bare" },
    { "bare-plant-.claude/settings.json", plant, ".claude/settings.json", .gap = MISSING, .scene = "bare" },
    { "bare-plant-.mcp.json", plant, ".mcp.json", .gap = MISSING, .scene = "bare" },
    { "bare-plant-.envrc", plant, ".envrc", .gap = MISSING, .scene = "bare" },
    { "bare-move-into-.git", move_into_place, ".git", .gap = MISSING, .scene = "bare" },
    { "bare-link-into-.git", link_into_place, ".git", .gap = MISSING, .scene = "bare" },
    { "bare-link-into-.envrc", link_into_place, ".envrc", .gap = MISSING, .scene = "bare" },
    { "bare-file-.git", plant, ".git", .gap = MISSING, .scene = "bare" },
    { "bare-in-the-open", bare_in_the_open, ".", .gap = MISSING, .scene = "bare" },

    /* Deeper. */
    PLANT("nested/.git/hooks/pre-commit", DEPTH), DEEP("nested/.git/config"), DEEP("nested/.git/hooks/commit-msg"),
    DEEP("nested/.vscode/tasks.json"), DEEP("nested/.envrc"), DEEP("linked/.git"),
    PLANT("nested/.mcp.json", DEPTH), PLANT("fresh/.git/hooks/pre-commit", DEPTH),
    PLANT(".git/modules/part/hooks/post-checkout", DEPTH), DEEP(".git/modules/part/config"),
    PLANT(".git/worktrees/linked/config.worktree", DEPTH), DEEP(".git/worktrees/linked/commondir"),
    { "rebuild-nested/.git", rebuild, "nested/.git", .gap = DEPTH },
    { "move-into-fresh/.git", move_into_place, "fresh/.git", .gap = DEPTH },
    { "link-into-fresh/.git", link_into_place, "fresh/.git", .gap = DEPTH },
    { "in-the-open-deeper", bare_in_the_open, "deeper", .gap = DEPTH },

    /* What the command line denies. */
    { "denied-write", denied_write, "write", .scene = "denied-write" },
    { "denied-rename", denied_write, "rename", .scene = "denied-write" },
    { "denied-rename-above", denied_write, "rename-above", .scene = "denied-write" },
};
TABLE_END;
