//! Secret places: what no command may read unless the user says so by name.
//!
//! The one list. A command that an agent runs has the user's rights, and the
//! user's rights include every login the user ever saved. None of these files is
//! needed to build or to test; what needs a login (a push, a release) is done by
//! the user, or with that one place allowed.
//!
//! A folder is listed where all of it is secret: a cover on a folder also hides
//! what is put there later, and survives a file that is replaced by rename. A
//! file is listed where its folder holds things that tools need (`.cargo`).
//!
//! Many tools let a variable move their files. [`MOVERS`] says which, so that a
//! place that was moved is hidden where it is now.
//!
//! The list is Linux's. What other systems keep elsewhere comes with their planners.

use std::collections::BTreeMap;

use crate::path::AbsPath;

/// What kind of secret lies there; shown with a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Keys that open other machines.
    Ssh,
    /// Keys that sign and decrypt.
    Gpg,
    /// Cloud providers and infrastructure.
    Cloud,
    /// Clusters and container registries.
    Containers,
    /// Source hosting.
    Git,
    /// Logins of package managers.
    Packages,
    /// Databases.
    Databases,
    /// Browsers and mail: cookies, saved passwords.
    Browsers,
    /// Keyrings, password managers, wallets.
    Passwords,
    /// What was typed before.
    History,
    /// Logins of coding agents.
    Agents,
    /// Secrets of the machine itself.
    System,
}

impl Category {
    /// In a sentence: "it holds …".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ssh => "ssh keys",
            Self::Gpg => "signing keys",
            Self::Cloud => "cloud credentials",
            Self::Containers => "cluster and registry credentials",
            Self::Git => "source hosting credentials",
            Self::Packages => "package manager credentials",
            Self::Databases => "database credentials",
            Self::Browsers => "browser and mail profiles",
            Self::Passwords => "passwords and keyrings",
            Self::History => "command history",
            Self::Agents => "logins of coding agents",
            Self::System => "secrets of this machine",
        }
    }
}

/// Whether the place is a file or a folder when it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A file.
    File,
    /// A folder, secret as a whole.
    Folder,
}

/// One secret place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// Absolute, or relative to the home folder.
    pub path: &'static str,
    /// What is there.
    pub category: Category,
    /// File or folder.
    pub kind: Kind,
}

/// A variable that moves secret places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mover {
    /// Its name.
    pub variable: &'static str,
    /// What it moves, relative to the home folder.
    pub from: &'static str,
}

const fn file(category: Category, path: &'static str) -> Secret {
    Secret { path, category, kind: Kind::File }
}

const fn folder(category: Category, path: &'static str) -> Secret {
    Secret { path, category, kind: Kind::Folder }
}

use Category::{
    Agents, Browsers, Cloud, Containers, Databases, Git, Gpg, History, Packages, Passwords, Ssh,
    System,
};

/// All of them.
pub const SECRETS: &[Secret] = &[
    folder(Ssh, ".ssh"),
    folder(Ssh, ".config/teleport"),
    folder(Ssh, ".tsh"),
    folder(Gpg, ".gnupg"),
    folder(Gpg, ".local/share/gnupg"),
    folder(Gpg, ".config/sops"),
    folder(Gpg, ".config/age"),
    folder(Gpg, ".minisign"),
    folder(Gpg, ".sigstore"),
    // Cloud.
    folder(Cloud, ".aws"),
    folder(Cloud, ".config/gcloud"),
    file(Cloud, ".boto"),
    file(Cloud, ".gsutil/credstore"),
    file(Cloud, ".gsutil/credstore2"),
    folder(Cloud, ".azure"),
    folder(Cloud, ".config/azure"),
    folder(Cloud, ".config/doctl"),
    folder(Cloud, ".config/hcloud"),
    folder(Cloud, ".config/linode-cli"),
    folder(Cloud, ".config/scw"),
    folder(Cloud, ".oci"),
    folder(Cloud, ".aliyun"),
    folder(Cloud, ".bluemix"),
    folder(Cloud, ".config/openstack"),
    folder(Cloud, ".fly"),
    folder(Cloud, ".config/netlify"),
    folder(Cloud, ".netlify"),
    folder(Cloud, ".config/.wrangler"),
    folder(Cloud, ".wrangler"),
    folder(Cloud, ".cloudflared"),
    folder(Cloud, ".local/share/com.vercel.cli"),
    file(Cloud, ".config/configstore/firebase-tools.json"),
    folder(Cloud, ".railway"),
    folder(Cloud, ".config/heroku"),
    folder(Cloud, ".config/ngrok"),
    folder(Cloud, ".ngrok2"),
    folder(Cloud, ".config/stripe"),
    folder(Cloud, ".config/sentry"),
    file(Cloud, ".sentryclirc"),
    folder(Cloud, ".supabase"),
    folder(Cloud, ".pulumi"),
    folder(Cloud, ".config/rclone"),
    folder(Cloud, ".mc"),
    file(Cloud, ".s3cfg"),
    file(Cloud, ".passwd-s3fs"),
    // Infrastructure.
    file(Cloud, ".terraform.d/credentials.tfrc.json"),
    file(Cloud, ".terraformrc"),
    file(Cloud, ".tofurc"),
    file(Cloud, ".vault-token"),
    file(Cloud, ".nomad-token"),
    file(Cloud, ".consul-token"),
    file(Cloud, ".ansible/vault_pass"),
    file(Cloud, ".vault_pass"),
    folder(Cloud, ".chef"),
    // Clusters and containers.
    folder(Containers, ".kube"),
    folder(Containers, ".config/k9s"),
    file(Containers, ".docker/config.json"),
    file(Containers, ".docker/daemon.json"),
    folder(Containers, ".docker/contexts"),
    folder(Containers, ".docker/machine"),
    folder(Containers, ".docker/trust"),
    file(Containers, ".config/containers/auth.json"),
    file(Containers, ".dockercfg"),
    folder(Containers, ".config/helm"),
    folder(Containers, ".minikube/profiles"),
    folder(Containers, ".talos"),
    folder(Containers, ".argocd"),
    folder(Containers, ".config/argocd"),
    folder(Containers, ".lima/_config"),
    // Source hosting.
    file(Git, ".git-credentials"),
    file(Git, ".config/git/credentials"),
    folder(Git, ".cache/git/credential"),
    folder(Git, ".git-credential-cache"),
    folder(Git, ".gcm"),
    file(Git, ".netrc"),
    file(Git, "_netrc"),
    file(Git, ".authinfo"),
    file(Git, ".authinfo.gpg"),
    folder(Git, ".config/gh"),
    folder(Git, ".config/glab-cli"),
    folder(Git, ".config/glab"),
    file(Git, ".config/hub"),
    folder(Git, ".config/tea"),
    folder(Git, ".config/jira"),
    folder(Git, ".config/.jira"),
    // Package managers.
    file(Packages, ".npmrc"),
    file(Packages, ".yarnrc"),
    file(Packages, ".yarnrc.yml"),
    file(Packages, ".config/pnpm/rc"),
    file(Packages, ".config/pnpm/auth.ini"),
    file(Packages, ".bunfig.toml"),
    file(Packages, ".pypirc"),
    file(Packages, ".pip/pip.conf"),
    file(Packages, ".config/pip/pip.conf"),
    file(Packages, ".config/pypoetry/auth.toml"),
    folder(Packages, ".local/share/uv/credentials"),
    file(Packages, ".condarc"),
    folder(Packages, ".continuum"),
    file(Packages, ".cargo/credentials"),
    file(Packages, ".cargo/credentials.toml"),
    file(Packages, ".gradle/gradle.properties"),
    file(Packages, ".m2/settings.xml"),
    file(Packages, ".m2/settings-security.xml"),
    file(Packages, ".ivy2/.credentials"),
    file(Packages, ".sbt/.credentials"),
    folder(Packages, ".config/coursier"),
    file(Packages, ".gem/credentials"),
    file(Packages, ".local/share/gem/credentials"),
    file(Packages, ".bundle/config"),
    file(Packages, ".composer/auth.json"),
    file(Packages, ".config/composer/auth.json"),
    file(Packages, ".nuget/NuGet/NuGet.Config"),
    file(Packages, ".config/NuGet/NuGet.Config"),
    file(Packages, ".hex/hex.config"),
    file(Packages, ".config/hex/hex.config"),
    file(Packages, ".cabal/config"),
    file(Packages, ".config/conan/credentials"),
    file(Packages, ".conan2/credentials.json"),
    file(Packages, ".luarocks/upload_config.lua"),
    file(Packages, ".config/dart/pub-credentials.json"),
    file(Packages, ".cache/huggingface/token"),
    file(Packages, ".cache/huggingface/stored_tokens"),
    file(Packages, ".huggingface/token"),
    file(Packages, ".kaggle/kaggle.json"),
    // Databases.
    file(Databases, ".pgpass"),
    file(Databases, ".pg_service.conf"),
    file(Databases, ".my.cnf"),
    file(Databases, ".mylogin.cnf"),
    file(Databases, ".mongorc.js"),
    folder(Databases, ".mongodb"),
    folder(Databases, ".config/mongodb"),
    folder(Databases, ".snowflake"),
    folder(Databases, ".snowsql"),
    file(Databases, ".databrickscfg"),
    folder(Databases, ".dbt"),
    folder(Databases, ".local/share/DBeaverData"),
    // Browsers and mail.
    folder(Browsers, ".mozilla"),
    folder(Browsers, ".config/mozilla"),
    folder(Browsers, ".librewolf"),
    folder(Browsers, ".waterfox"),
    folder(Browsers, ".thunderbird"),
    folder(Browsers, ".config/google-chrome"),
    folder(Browsers, ".config/google-chrome-beta"),
    folder(Browsers, ".config/google-chrome-unstable"),
    folder(Browsers, ".config/chromium"),
    folder(Browsers, ".config/BraveSoftware"),
    folder(Browsers, ".config/microsoft-edge"),
    folder(Browsers, ".config/microsoft-edge-beta"),
    folder(Browsers, ".config/microsoft-edge-dev"),
    folder(Browsers, ".config/vivaldi"),
    folder(Browsers, ".config/opera"),
    folder(Browsers, ".local/share/epiphany"),
    folder(Browsers, ".local/share/evolution"),
    folder(Browsers, "snap/firefox"),
    folder(Browsers, "snap/chromium"),
    folder(Browsers, "snap/brave"),
    folder(Browsers, "snap/thunderbird"),
    folder(Browsers, ".var/app/org.mozilla.firefox"),
    folder(Browsers, ".var/app/org.mozilla.Thunderbird"),
    folder(Browsers, ".var/app/com.google.Chrome"),
    folder(Browsers, ".var/app/org.chromium.Chromium"),
    folder(Browsers, ".var/app/com.brave.Browser"),
    folder(Browsers, ".var/app/com.microsoft.Edge"),
    folder(Browsers, ".config/Slack"),
    folder(Browsers, ".config/discord"),
    folder(Browsers, ".config/Signal"),
    file(Browsers, ".msmtprc"),
    file(Browsers, ".fetchmailrc"),
    folder(Browsers, ".config/neomutt"),
    // Passwords.
    folder(Passwords, ".local/share/keyrings"),
    folder(Passwords, ".gnome2/keyrings"),
    folder(Passwords, ".local/share/kwalletd"),
    folder(Passwords, ".kde/share/apps/kwallet"),
    folder(Passwords, ".kde4/share/apps/kwallet"),
    folder(Passwords, ".password-store"),
    folder(Passwords, ".local/share/password-store"),
    folder(Passwords, ".config/op"),
    folder(Passwords, ".op"),
    folder(Passwords, ".config/1Password"),
    folder(Passwords, ".config/Bitwarden"),
    folder(Passwords, ".config/Bitwarden CLI"),
    folder(Passwords, ".config/keepassxc"),
    folder(Passwords, ".config/lastpass"),
    folder(Passwords, ".lpass"),
    folder(Passwords, ".pki"),
    folder(Passwords, ".bitcoin"),
    folder(Passwords, ".ethereum"),
    folder(Passwords, ".config/solana"),
    folder(Passwords, ".electrum"),
    // History: commands are typed with passwords in them.
    file(History, ".bash_history"),
    file(History, ".zsh_history"),
    file(History, ".zhistory"),
    file(History, ".histfile"),
    file(History, ".sh_history"),
    file(History, ".ksh_history"),
    file(History, ".local/share/fish/fish_history"),
    folder(History, ".local/share/atuin"),
    file(History, ".local/share/nushell/history.txt"),
    file(History, ".local/share/powershell/PSReadLine/ConsoleHost_history.txt"),
    file(History, ".python_history"),
    file(History, ".local/state/python_history"),
    file(History, ".ipython/profile_default/history.sqlite"),
    file(History, ".node_repl_history"),
    file(History, ".psql_history"),
    file(History, ".mysql_history"),
    file(History, ".mariadb_history"),
    file(History, ".sqlite_history"),
    file(History, ".rediscli_history"),
    file(History, ".mongosh/mongosh_repl_history"),
    file(History, ".irb_history"),
    file(History, ".lesshst"),
    file(History, ".local/state/lesshst"),
    file(History, ".viminfo"),
    file(History, ".local/state/nvim/shada/main.shada"),
    // Coding agents: their logins, and what was said to them.
    file(Agents, ".claude/.credentials.json"),
    file(Agents, ".claude.json"),
    file(Agents, ".claude/history.jsonl"),
    folder(Agents, ".claude/projects"),
    file(Agents, ".codex/auth.json"),
    file(Agents, ".codex/history.jsonl"),
    folder(Agents, ".codex/sessions"),
    file(Agents, ".gemini/oauth_creds.json"),
    file(Agents, ".gemini/google_accounts.json"),
    file(Agents, ".gemini/.env"),
    folder(Agents, ".config/github-copilot"),
    file(Agents, ".copilot/config.json"),
    folder(Agents, ".config/Cursor"),
    file(Agents, ".config/cursor/auth.json"),
    folder(Agents, ".config/Code/User/globalStorage"),
    folder(Agents, ".local/share/opencode"),
    folder(Agents, ".local/share/amp"),
    folder(Agents, ".config/amp"),
    folder(Agents, ".config/goose"),
    folder(Agents, ".continue/sessions"),
    file(Agents, ".continue/config.json"),
    file(Agents, ".continue/config.yaml"),
    file(Agents, ".aider.conf.yml"),
    folder(Agents, ".config/windsurf"),
    folder(Agents, ".codeium"),
    file(Agents, ".qwen/oauth_creds.json"),
    folder(Agents, ".config/openai"),
    // The machine. An ordinary user cannot read most of these; root can.
    file(System, "/etc/shadow"),
    file(System, "/etc/shadow-"),
    file(System, "/etc/gshadow"),
    file(System, "/etc/gshadow-"),
    file(System, "/etc/security/opasswd"),
    file(System, "/etc/sudoers"),
    folder(System, "/etc/sudoers.d"),
    file(System, "/etc/ssh/ssh_host_rsa_key"),
    file(System, "/etc/ssh/ssh_host_dsa_key"),
    file(System, "/etc/ssh/ssh_host_ecdsa_key"),
    file(System, "/etc/ssh/ssh_host_ed25519_key"),
    file(System, "/etc/krb5.keytab"),
    folder(System, "/etc/ssl/private"),
    folder(System, "/etc/pki/tls/private"),
    folder(System, "/etc/letsencrypt"),
    folder(System, "/etc/wireguard"),
    folder(System, "/etc/openvpn"),
    file(System, "/etc/ipsec.secrets"),
    folder(System, "/etc/swanctl/private"),
    folder(System, "/etc/ppp"),
    folder(System, "/etc/NetworkManager/system-connections"),
    folder(System, "/var/lib/NetworkManager"),
    folder(System, "/var/lib/iwd"),
    folder(System, "/etc/wpa_supplicant"),
    folder(System, "/etc/kubernetes"),
    folder(System, "/etc/rancher"),
    folder(System, "/var/lib/kubelet"),
    file(System, "/etc/docker/key.json"),
    folder(System, "/etc/salt/pki"),
    folder(System, "/etc/credstore"),
    folder(System, "/etc/credstore.encrypted"),
    folder(System, "/run/secrets"),
    folder(System, "/var/run/secrets"),
    folder(System, "/run/credentials"),
    file(System, "/root/.bash_history"),
    folder(System, "/root/.ssh"),
];

const fn mover(variable: &'static str, from: &'static str) -> Mover {
    Mover { variable, from }
}

/// Variables that move secret places. A variable can name a file or a folder,
/// and some (`KUBECONFIG`) several, with `:` between.
pub const MOVERS: &[Mover] = &[
    mover("XDG_CONFIG_HOME", ".config"),
    mover("XDG_DATA_HOME", ".local/share"),
    mover("XDG_STATE_HOME", ".local/state"),
    mover("XDG_CACHE_HOME", ".cache"),
    mover("GNUPGHOME", ".gnupg"),
    mover("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    mover("AWS_CONFIG_FILE", ".aws/config"),
    mover("CLOUDSDK_CONFIG", ".config/gcloud"),
    mover("GOOGLE_APPLICATION_CREDENTIALS", ".config/gcloud/application_default_credentials.json"),
    mover("BOTO_CONFIG", ".boto"),
    mover("AZURE_CONFIG_DIR", ".azure"),
    mover("OCI_CLI_CONFIG_FILE", ".oci/config"),
    mover("PULUMI_HOME", ".pulumi"),
    mover("RCLONE_CONFIG", ".config/rclone"),
    mover("TF_CLI_CONFIG_FILE", ".terraformrc"),
    mover("KUBECONFIG", ".kube/config"),
    mover("DOCKER_CONFIG", ".docker"),
    mover("REGISTRY_AUTH_FILE", ".config/containers/auth.json"),
    mover("NETRC", ".netrc"),
    mover("GH_CONFIG_DIR", ".config/gh"),
    mover("GLAB_CONFIG_DIR", ".config/glab-cli"),
    mover("NPM_CONFIG_USERCONFIG", ".npmrc"),
    mover("npm_config_userconfig", ".npmrc"),
    mover("PIP_CONFIG_FILE", ".config/pip/pip.conf"),
    mover("POETRY_CONFIG_DIR", ".config/pypoetry"),
    mover("UV_CREDENTIALS_DIR", ".local/share/uv/credentials"),
    mover("CARGO_HOME", ".cargo"),
    mover("GRADLE_USER_HOME", ".gradle"),
    mover("BUNDLE_USER_CONFIG", ".bundle/config"),
    mover("COMPOSER_HOME", ".config/composer"),
    mover("HF_HOME", ".cache/huggingface"),
    mover("HF_TOKEN_PATH", ".cache/huggingface/token"),
    mover("KAGGLE_CONFIG_DIR", ".kaggle"),
    mover("PGPASSFILE", ".pgpass"),
    mover("PGSERVICEFILE", ".pg_service.conf"),
    mover("PASSWORD_STORE_DIR", ".password-store"),
    mover("HISTFILE", ".bash_history"),
    mover("PYTHON_HISTORY", ".python_history"),
    mover("NODE_REPL_HISTORY", ".node_repl_history"),
    mover("LESSHISTFILE", ".lesshst"),
    mover("CLAUDE_CONFIG_DIR", ".claude"),
    mover("CODEX_HOME", ".codex"),
];

/// Where the built-in list leads for one user: each place once, in table order,
/// first those of the home folder, then those that `moved` says are elsewhere.
///
/// `moved` is by the name of the variable; names that [`MOVERS`] does not have
/// are nothing.
#[must_use]
pub fn places(home: &AbsPath, moved: &BTreeMap<String, Vec<AbsPath>>) -> Vec<(AbsPath, Secret)> {
    let mut all = Vec::with_capacity(SECRETS.len());
    for secret in SECRETS {
        let path = if secret.path.starts_with('/') {
            AbsPath::parse(secret.path.as_bytes())
        } else {
            home.join(secret.path)
        };
        // A home folder so long that a name below it is no path holds no file there either.
        if let Ok(path) = path {
            all.push((path, *secret));
        }
    }
    for mover in MOVERS {
        for target in moved.get(mover.variable).into_iter().flatten() {
            all.extend(moved_to(*mover, target, home));
        }
    }
    all
}

/// The secrets that one variable has moved to `target`.
fn moved_to(mover: Mover, target: &AbsPath, home: &AbsPath) -> Vec<(AbsPath, Secret)> {
    let mut all = Vec::new();
    for secret in SECRETS {
        let below = secret.path.strip_prefix(mover.from);
        let place = match below {
            Some("") => Ok(target.clone()),
            Some(rest) if rest.starts_with('/') => target.join(rest),
            // The variable names something inside a folder that is secret as a whole.
            _ if is_below(mover.from, secret.path) => Ok(target.clone()),
            _ => continue,
        };
        let is_elsewhere = home.join(secret.path).ok().as_ref() != place.as_ref().ok();
        if let Ok(path) = place
            && is_elsewhere
        {
            all.push((path, *secret));
        }
    }
    all
}

/// Whether the relative path `path` lies below `folder`.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> AbsPath {
        "/home/u".parse().expect("absolute")
    }

    #[test]
    fn each_place_is_listed_once_and_none_lies_below_another() {
        for (i, one) in SECRETS.iter().enumerate() {
            for other in &SECRETS[i + 1..] {
                assert_ne!(one.path, other.path);
                assert!(!is_below(one.path, other.path), "{} below {}", one.path, other.path);
                assert!(!is_below(other.path, one.path), "{} below {}", other.path, one.path);
            }
            assert!(!one.path.contains(['*', '?', '[', '{', '\\']), "{}", one.path);
            assert!(AbsPath::parse(format!("/{}", one.path).as_bytes()).is_ok(), "{}", one.path);
        }
    }

    #[test]
    fn each_mover_moves_something() {
        let to: AbsPath = "/elsewhere".parse().expect("absolute");
        for mover in MOVERS {
            assert!(!moved_to(*mover, &to, &home()).is_empty(), "{}", mover.variable);
        }
    }

    #[test]
    fn a_place_that_a_variable_moved_is_secret_where_it_is_now() {
        let moved = BTreeMap::from([
            ("CARGO_HOME".to_owned(), vec!["/opt/cargo".parse().expect("absolute")]),
            ("KUBECONFIG".to_owned(), vec!["/k/a".parse().expect("absolute")]),
            ("UNKNOWN".to_owned(), vec!["/other".parse().expect("absolute")]),
        ]);
        let all = places(&home(), &moved);
        let has = |text: &str| all.iter().any(|(path, _)| path.to_string() == text);
        assert!(has("/opt/cargo/credentials.toml") && has("/home/u/.cargo/credentials.toml"));
        assert!(has("/k/a") && !has("/opt/cargo") && !has("/other"));
    }

    #[test]
    fn a_variable_that_moves_nothing_adds_nothing() {
        let moved =
            BTreeMap::from([("XDG_CONFIG_HOME".to_owned(), vec![home().join(".config").expect("a path")])]);
        assert_eq!(places(&home(), &moved).len(), SECRETS.len());
    }
}
