/* Knowing what one should not: secrets in files, in the environment, of other
 * processes, by events.
 *
 * SECRET is a folder that the run denies to read, SECRET_FILE a single file. Each
 * file that must not be read holds the marker, so that reading it can be proved. */
#include "attempt.h"
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/utsname.h>

/* The secret, or for a twin a file of the workspace that holds the marker too. */
static char *secret(void)
{
    return twin ? work("own/marked") : text("%s/key", value("SECRET"));
}

static char *secret_folder(void)
{
    return twin ? work("own") : text("%s", value("SECRET"));
}

static void read_secret(const char *how)
{
    const char *path = secret();
    if (!strcmp(how, "file"))
        path = twin ? path : value("SECRET_FILE");
    if (!strcmp(how, "symlink")) {
        must("symlink", symlink(path, work("secret-link")));
        path = work("secret-link");
    }
    if (!strcmp(how, "folder-symlink")) {
        must("symlink", symlink(secret_folder(), work("secret-link")));
        path = text("%s/%s", work("secret-link"), twin ? "marked" : "key");
    }
    if (!strcmp(how, "dot-dot"))
        path = text("%s/../%s", value("W"), path + (strrchr(value("W"), '/') - value("W")) + 1);
    if (!strcmp(how, "proc-root"))
        path = text("/proc/self/root%s", path);
    if (!strcmp(how, "proc-first-root"))
        path = text("/proc/%s/root%s", twin ? "self" : "1", path);
    if (!strcmp(how, "proc-victim-root"))
        path = twin ? path : text("/proc/%ld/root%s", number("VICTIM"), path);
    if (!strcmp(how, "proc-victim-cwd"))
        path = twin ? path : text("/proc/%ld/cwd/secret/key", number("VICTIM"));
    if (!strcmp(how, "proc-parent-root"))
        path = twin ? path : text("/proc/%d/root%s", getppid(), path);
    if (!strcmp(how, "climb")) {
        must("chdir", chdir(value("W")));
        must("chdir", chdir(".."));
        path = path + (strrchr(value("W"), '/') - value("W")) + 1;
    }
    if (!strcmp(how, "alias"))
        path = twin ? path : text("%s/key", value("ALIAS"));
    if (!strcmp(how, "glob-last"))
        path = twin ? path : text("%s/server.pem", value("OUT"));
    if (!strcmp(how, "glob-deep"))
        path = twin ? path : text("%s/folder/deep.pem", value("OUT"));
    if (!strcmp(how, "under-a-root"))
        path = twin ? path : work("own/hidden/key");
    read_marker(path);
}

static void list_secret(const char *how)
{
    if (!strcmp(how, "names")) {
        DIR *folder = opendir(secret_folder());
        if (!folder)
            refused("opendir");
        struct dirent *entry;
        while ((entry = readdir(folder)))
            if (!strcmp(entry->d_name, twin ? "marked" : "key"))
                achieved("its name is seen");
        blocked("ENOENT: the folder is empty");
    }
    struct stat status;
    if (!strcmp(how, "stat"))
        verdict("stat", stat(secret(), &status));
    if (!strcmp(how, "enter"))
        verdict("chdir", chdir(secret_folder()));
    if (!strcmp(how, "execute")) {
        int result = access(secret(), R_OK);
        verdict("access", result);
    }
    if (!strcmp(how, "resolve")) {
        int folder = (int)must("open", open("/", O_PATH));
        struct open_how how_to = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
        verdict("openat2", syscall(SYS_openat2, folder, secret(), &how_to, sizeof how_to));
    }
    if (!strcmp(how, "handle")) {
        struct {
            struct file_handle head;
            unsigned char room[MAX_HANDLE_SZ];
        } handle = { .head.handle_bytes = MAX_HANDLE_SZ };
        int mount;
        verdict("name_to_handle_at", name_to_handle_at(AT_FDCWD, secret(), &handle.head, &mount, 0));
    }
    if (!strcmp(how, "rename-above")) {
        /* Moves the folder that holds the secret, and looks at its new place. */
        if (rename(work(twin ? "own/folder" : "own"), work(twin ? "own/moved" : "moved")))
            refused("rename");
        read_marker(work(twin ? "own/moved/marked" : "moved/hidden/key"));
    }
    if (!strcmp(how, "unlink"))
        verdict("unlink", unlink(twin ? secret() : work("own/hidden/key")));
    if (!strcmp(how, "replace"))
        verdict("rename", rename(work("own/hidden"), work("own/elsewhere")));
    unknown("no such look: %s", how);
}

/* A credential store below the home folder. */
static void store(const char *below)
{
    read_marker(twin ? work("own/marked") : text("%s/%s", value("HOME"), below));
}

static void machine_store(const char *path)
{
    if (twin)
        read_marker(work("own/marked"));
    char *read = content(path);
    if (!read || !*read)
        refused(path);
    achieved("read %s", path);
}

/* A store that a variable of the launcher's has moved. */
static void moved_store(const char *name)
{
    read_marker(twin ? work("own/marked") : text("%s/moved/%s", value("OUT"), name));
}

static void variable(const char *name)
{
    if (twin)
        verdict("PATH", getenv("PATH") ? 0 : -1);
    const char *found = getenv(name);
    if (!found)
        blocked("ENOENT: %s is not set", name);
    if (!strstr(found, MARKER))
        blocked("ENOENT: %s is something else", name);
    achieved("%s is set", name);
}

/* Nothing in the whole environment, whatever it is called. */
static void any_variable(const char *how)
{
    (void)how;
    extern char **environ;
    if (twin)
        must("setenv", setenv("FUMEHOOD_TWIN", MARKER, 1));
    for (char **one = environ; *one; one++)
        if (strstr(*one, MARKER))
            achieved("%.40s", *one);
    blocked("ENOENT: no variable holds the marker");
}

/* Events on what the host does to a file. */
static void watch(const char *how)
{
    int events = (int)must("inotify", inotify_init1(IN_NONBLOCK));
    const char *path = !strcmp(how, "file") && !twin ? value("SECRET_FILE") : secret_folder();
    if (inotify_add_watch(events, path, IN_MODIFY | IN_CREATE | IN_ATTRIB | IN_OPEN | IN_CLOSE_WRITE) < 0)
        refused("inotify_add_watch");
    if (twin)
        put(work("own/marked"), MARKER);
    else
        host_does(!strcmp(how, "file") ? "touch-secret-file" : "touch-secret");
    char buffer[4096];
    for (int i = 0; i < 20; i++) {
        if (read(events, buffer, sizeof buffer) > 0)
            achieved("an event came");
        wait_ms(5);
    }
    blocked("ENOENT: no event came");
}

/* The host replaces a covered file by renaming another onto it, as most tools do
 * when they write. `later` is what a command that does not race can see. */
static void replaced(const char *how)
{
    const char *path = twin ? work("own/target") : value("SECRET_FILE");
    if (strstr(how, "folder"))
        path = twin ? path : text("%s/key", value("SECRET"));
    if (!strcmp(how, "credentials"))
        path = twin ? path : text("%s/.netrc", value("HOME"));
    if (twin) {
        host_does("replace-own");
        read_marker(path);
    }
    host_does(strstr(how, "folder") ? "replace-secret-in-folder" : !strcmp(how, "credentials") ? "replace-netrc" : "replace-secret-file");
    if (!strcmp(how, "at-once")) {
        char *read = content(path);
        if (read && strstr(read, MARKER))
            achieved("read what came in its place");
        refused(path);
    }
    wait_ms(150);
    read_marker(path);
}

static void replaced_setting(const char *how)
{
    const char *path = work(twin ? "own/target" : ".git/config");
    host_does(twin ? "replace-own" : "replace-git-config");
    if (strcmp(how, "at-once"))
        wait_ms(150);
    int file = open(path, O_WRONLY | O_APPEND);
    if (file < 0)
        refused(path);
    verdict("write", write(file, "#", 1));
}

/* A file that comes into being beside those that a glob covers. */
static void created_later(const char *how)
{
    (void)how;
    host_does(twin ? "replace-own" : "create-pem");
    read_marker(twin ? work("own/target") : text("%s/later.pem", value("OUT")));
}

static void process_listed(const char *how)
{
    (void)how;
    pid_t wanted = twin ? getpid() : (pid_t)number("VICTIM");
    DIR *all = opendir("/proc");
    if (!all)
        refused("/proc");
    struct dirent *entry;
    while ((entry = readdir(all)))
        if (atoi(entry->d_name) == wanted)
            achieved("process %d is listed", wanted);
    blocked("ESRCH: process %d is not listed", wanted);
}

static void host_name(const char *how)
{
    (void)how;
    struct utsname names;
    must("uname", uname(&names));
    if (twin)
        achieved("it is called %s", names.nodename);
    if (!strcmp(names.nodename, value("NODE")))
        achieved("the host is called %s", names.nodename);
    blocked("ENOENT: it is called %s", names.nodename);
}

/* Memory that the host shares by System V, and by name. */
static void shared_memory(const char *how)
{
    if (!strcmp(how, "system-v")) {
        int segment = twin ? (int)must("shmget", shmget(IPC_PRIVATE, 64, IPC_CREAT | 0600)) : (int)number("SHM");
        char *at = shmat(segment, NULL, 0);
        if (at == (void *)-1) {
            /* The number exists in the host's namespace only: EINVAL is the answer. */
            if (errno == EINVAL || errno == EIDRM)
                blocked("%s: no such segment here", strerrorname_np(errno));
            refused("shmat");
        }
        if (twin)
            shmctl(segment, IPC_RMID, NULL);
        achieved("attached");
    }
    if (twin) {
        put("/dev/shm/fumehood-twin", MARKER);
        read_marker("/dev/shm/fumehood-twin");
    }
    read_marker(value("HOSTSHM"));
}

static void host_temporary(const char *key)
{
    if (twin) {
        put("/tmp/fumehood-twin", MARKER);
        read_marker("/tmp/fumehood-twin");
    }
    read_marker(value(key));
}

/* fumehood's own folder: the log of what was run, the private folders of others. */
static void own_state(const char *how)
{
    const char *path = text("%s/.local/state/fumehood", value("HOME"));
    if (twin)
        path = work("own");
    if (!strcmp(how, "list")) {
        DIR *folder = opendir(path);
        if (!folder)
            refused(path);
        struct dirent *entry;
        while ((entry = readdir(folder)))
            if (entry->d_name[0] != '.')
                achieved("it holds %s", entry->d_name);
        blocked("ENOENT: nothing is in it");
    }
    verdict("open a file in it", open(text("%s/planted", path), O_WRONLY | O_CREAT, 0600));
}

/* Standard input is a folder outside of the covers: its parent holds the secret. */
static void by_standard_input(const char *how)
{
    int from = 0;
    if (!strcmp(how, "inherited"))
        from = 7;
    if (twin)
        read_marker(work("own/marked"));
    int file = openat(from, "../secret/key", O_RDONLY);
    if (file < 0)
        refused("openat ..");
    read_marker(text("/proc/self/fd/%d", file));
}

#define STORE(n) { "store-" n, store, n }
#define VARIABLE(n) { "variable-" n, variable, n }
#define SYSTEM(n, path) { "machine-" n, machine_store, path, .alone = "machine: only root, and some machines lack it" }

TABLE {
    { "secret-folder", read_secret, "folder" },
    { "secret-file", read_secret, "file" },
    { "secret-symlink", read_secret, "symlink" },
    { "secret-folder-symlink", read_secret, "folder-symlink" },
    { "secret-dot-dot", read_secret, "dot-dot" },
    { "secret-climb", read_secret, "climb" },
    { "secret-proc-root", read_secret, "proc-root" },
    { "secret-proc-first-root", read_secret, "proc-first-root", .alone = "machine: only root, and not if the first process is guarded" },
    { "secret-proc-victim-root", read_secret, "proc-victim-root" },
    { "secret-proc-victim-cwd", read_secret, "proc-victim-cwd" },
    { "secret-proc-parent-root", read_secret, "proc-parent-root", .scene = "wrapped" },
    { "secret-alias", read_secret, "alias", .scene = "mounts" },
    { "secret-glob-last", read_secret, "glob-last", .scene = "glob-last" },
    { "secret-glob-deep", read_secret, "glob-deep", .gap = "deep-globs", .scene = "glob-deep" },
    { "secret-under-a-root", read_secret, "under-a-root", .scene = "hidden-inside" },
    { "secret-rename-above", list_secret, "rename-above", .scene = "hidden-inside" },
    { "secret-unlink-under-a-root", list_secret, "unlink", .scene = "hidden-inside" },
    { "secret-names", list_secret, "names" },
    { "secret-stat", list_secret, "stat" },
    { "secret-access", list_secret, "execute" },
    { "secret-resolve", list_secret, "resolve" },
    { "secret-handle", list_secret, "handle" },
    { "secret-by-standard-input", by_standard_input, "stdin", .scene = "stdin-folder" },
    { "secret-by-inherited-folder", by_standard_input, "inherited", .scene = "descriptors" },
    STORE(".ssh/id_ed25519"), STORE(".aws/credentials"), STORE(".config/gcloud/credentials.db"),
    STORE(".azure/accessTokens.json"), STORE(".kube/config"), STORE(".docker/config.json"),
    STORE(".netrc"), STORE(".git-credentials"), STORE(".config/gh/hosts.yml"), STORE(".npmrc"),
    STORE(".pypirc"), STORE(".config/pip/pip.conf"), STORE(".cargo/credentials.toml"), STORE(".m2/settings.xml"),
    STORE(".gradle/gradle.properties"), STORE(".gnupg/private-keys-v1.d/key"), STORE(".password-store/site.gpg"),
    STORE(".local/share/keyrings/login.keyring"), STORE(".mozilla/firefox/p/logins.json"),
    STORE(".config/google-chrome/Default/Cookies"), STORE(".bash_history"), STORE(".python_history"),
    STORE(".pgpass"), STORE(".my.cnf"), STORE(".vault-token"), STORE(".claude/.credentials.json"),
    STORE(".codex/auth.json"), STORE(".config/rclone/rclone.conf"), STORE(".terraform.d/credentials.tfrc.json"),
    { "moved-KUBECONFIG", moved_store, "kubeconfig" },
    { "moved-AWS_SHARED_CREDENTIALS_FILE", moved_store, "aws" },
    { "moved-GNUPGHOME", moved_store, "gnupg/key" },
    { "moved-DOCKER_CONFIG", moved_store, "docker/config.json" },
    SYSTEM("shadow", "/etc/shadow"), SYSTEM("gshadow", "/etc/gshadow"), SYSTEM("sudoers", "/etc/sudoers"),
    VARIABLE("AWS_SECRET_ACCESS_KEY"), VARIABLE("GITHUB_TOKEN"), VARIABLE("CARGO_REGISTRY_TOKEN"),
    VARIABLE("NPM_TOKEN"), VARIABLE("OPENAI_API_KEY"), VARIABLE("ANTHROPIC_API_KEY"), VARIABLE("DATABASE_URL"),
    VARIABLE("HTTPS_PROXY"), VARIABLE("PYTHON_KEYRING_PASS"), VARIABLE("NODE_AUTH_TOKEN"), VARIABLE("SENTRY_DSN"),
    VARIABLE("SOME_UNKNOWN_THING"), VARIABLE("UV_INDEX_PASSWORD"), VARIABLE("CARGO_HARMLESS"),
    { "variable-any", any_variable, NULL },
    { "watch-folder", watch, "folder" },
    { "watch-file", watch, "file" },
    { "replaced-file", replaced, "file", .scene = "may-end" },
    { "replaced-file-at-once", replaced, "at-once", .gap = "limit?", .scene = "may-end" },
    { "replaced-in-folder", replaced, "folder", .scene = "may-end" },
    { "replaced-credentials", replaced, "credentials", .scene = "may-end" },
    { "replaced-git-config", replaced_setting, "later", .scene = "may-end" },
    { "replaced-git-config-at-once", replaced_setting, "at-once", .gap = "limit?", .scene = "may-end" },
    { "created-later-beside-glob", created_later, NULL, .gap = "limit?", .scene = "glob-last" },
    { "process-listed", process_listed, NULL },
    { "host-name", host_name, NULL },
    { "shared-memory-system-v", shared_memory, "system-v" },
    { "shared-memory-by-name", shared_memory, "by-name" },
    { "host-tmp", host_temporary, "HOSTTMP" },
    { "host-var-tmp", host_temporary, "HOSTVARTMP" },
    { "own-state-list", own_state, "list" },
    { "own-state-write", own_state, "write" },
};
TABLE_END;
