//! Which variables of the environment cross into the sandbox.
//!
//! A true allow-list: what is not named here, or by the user, does not cross.
//! Names are exact, or prefixes that end in `*`. A prefix says "settings of this
//! tool" and lets through more than anybody has looked at (`CARGO_*` holds
//! `CARGO_REGISTRY_TOKEN`), so names behind a prefix are also held against
//! [`SECRET_NAMES`], and every value against what logins look like. What the
//! user names exactly, or sets, crosses as it is: that was said by name.
//!
//! Inherited loaders (`NODE_OPTIONS`, `PYTHONSTARTUP`) run inside and are no
//! boundary.

use std::collections::BTreeSet;

use crate::policy::Environment;
use crate::raw_text::RawText;

/// What crosses. One table: names, and prefixes that end in `*`.
pub const INHERIT: &[&str] = &[
    // Who and where.
    "HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "OLDPWD", "HOSTNAME", "SHLVL", "TMPDIR",
    "UMASK", "CI", "MANPATH", "INFOPATH", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS",
    // Language and time.
    "LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR", "LOCPATH", "LOCALE_ARCHIVE", "CHARSET",
    // Terminal.
    "TERM", "TERMINFO", "TERMINFO_DIRS", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION",
    "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LS_COLORS",
    "LSCOLORS", "GREP_COLORS", "GCC_COLORS", "COLORFGBG", "VTE_VERSION", "LESS", "LESSCHARSET",
    "PAGER", "EDITOR", "VISUAL", "DEBIAN_FRONTEND",
    // Compilers and build tools.
    "CC", "CXX", "CPP", "AR", "AS", "LD", "NM", "RANLIB", "STRIP", "OBJCOPY", "CFLAGS", "CXXFLAGS",
    "CPPFLAGS", "LDFLAGS", "LDLIBS", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH",
    "LIBRARY_PATH", "LD_LIBRARY_PATH", "PKG_CONFIG*", "MAKE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS",
    "CMAKE_*", "CTEST_*", "NINJA_STATUS", "MESON_*", "AUTOCONF*", "ACLOCAL_PATH", "CCACHE_*",
    "SCCACHE_*", "DISTCC_HOSTS", "SOURCE_DATE_EPOCH", "HOST_CC", "TARGET_CC", "BINDGEN_*",
    "LIBCLANG_PATH", "LLVM_*", "PROTOC", "PROTOC_INCLUDE",
    // Languages.
    "CARGO", "CARGO_*", "RUST*", "GOPATH", "GOROOT", "GOBIN", "GOFLAGS", "GOOS", "GOARCH", "GOARM",
    "GOAMD64", "GOENV", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY",
    "GONOSUMDB", "GOTOOLCHAIN", "GOWORK", "GOEXPERIMENT", "GODEBUG", "GOMAXPROCS", "GOGC",
    "GOMEMLIMIT", "GOTMPDIR", "GO111MODULE", "GOTRACEBACK", "GORACE", "GOVCS", "CGO_*", "NODE_*",
    "NPM_CONFIG_*", "npm_config_*", "NVM_*", "FNM_*", "VOLTA_*", "N_PREFIX", "COREPACK_*",
    "PNPM_*", "YARN_*", "BUN_*", "DENO_*", "TS_NODE_*", "PLAYWRIGHT_*", "PUPPETEER_*", "CYPRESS_*",
    "ELECTRON_*", "JEST_*", "VITEST*", "ESBUILD_*", "NEXT_*", "PYTHON*", "PIP_*", "PIPX_*",
    "PIPENV_*", "UV_*", "POETRY_*", "PDM_*", "HATCH_*", "TOX_*", "NOX_*", "PYTEST_*", "MYPY*",
    "RUFF_*", "COVERAGE_*", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "CONDA_*", "MAMBA_*", "PYENV_*",
    "JUPYTER_*", "MPLBACKEND", "MPLCONFIGDIR", "TOKENIZERS_PARALLELISM", "HF_HOME",
    "HF_HUB_OFFLINE", "HF_HUB_CACHE", "TRANSFORMERS_OFFLINE", "TORCH_*", "CUDA_*", "NVIDIA_*",
    "ROCM_*", "HIP_*", "OMP_*", "MKL_*", "OPENBLAS_*", "NUMBA_*", "JAVA_HOME", "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS", "JDK_HOME", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "M2_HOME",
    "MAVEN_*", "MVNW_*", "GRADLE_*", "SBT_*", "COURSIER_*", "KOTLIN_*", "SCALA_*", "ANDROID_*",
    "DOTNET_*", "NUGET_*", "MSBUILD*", "ASPNETCORE_*", "RUBY*", "GEM_*", "BUNDLE_*", "RBENV_*",
    "RAILS_ENV", "RACK_ENV", "PHP_*", "COMPOSER_*", "PERL*", "MIX_*", "HEX_*", "ERL_*", "ELIXIR_*",
    "GHC_*", "GHCUP_*", "CABAL_*", "STACK_*", "OPAM*", "OCAML*", "ZIG_*", "SWIFT_*", "JULIA_*",
    "LUA_PATH", "LUA_CPATH", "R_HOME", "R_LIBS", "R_LIBS_USER", "EMSDK*", "EM_*", "WASM*",
    // Version managers and package systems.
    "ASDF_*", "MISE_*", "RTX_*", "SDKMAN_*", "HOMEBREW_*", "NIX_*", "GUIX_*", "DIRENV_DIR",
    "PRE_COMMIT_*",
    // Git: names and dates, never a command or a place to read credentials from.
    "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE", "GIT_TERMINAL_PROMPT", "GIT_PAGER", "GIT_EDITOR",
    "EMAIL",
    // Network, for policies that have one; a proxy's login is found by its value.
    "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
    "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "RES_OPTIONS",
    // Agents and telemetry: what says who is calling.
    "CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI", "CURSOR_TRACE_ID", "TRACEPARENT", "TRACESTATE",
    // Test runners and debugging.
    "DEBUG", "VERBOSE", "LOG_LEVEL", "RSPEC_*", "ASAN_OPTIONS", "LSAN_OPTIONS", "MSAN_OPTIONS",
    "TSAN_OPTIONS", "UBSAN_OPTIONS", "MALLOC_*", "VALGRIND_*",
];

/// What a secret's name looks like. A `*` at an end is "anything".
pub const SECRET_NAMES: &[&str] = &[
    "*TOKEN*", "*SECRET*", "*_KEY", "*PASS*", "*CREDENTIAL*", "*APIKEY*", "*_PAT", "*_DSN",
    "*AUTH*", "*_API_KEY*", "*PRIVATE_KEY*", "*COOKIE*", "*SESSION_ID*",
];

/// Names that look like a secret's and are none.
pub const NOT_SECRET: &[&str] = &[
    "TOKENIZERS_PARALLELISM",
    "CARGO_PKG_AUTHORS",
    "CARGO_NET_GIT_FETCH_WITH_CLI",
    "COMPOSER_NO_INTERACTION",
    "GRADLE_ENCRYPTION_KEY_ALIAS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "npm_config_always_auth",
    "npm_config_auth_type",
    "PYTEST_ADDOPTS_PASSTHROUGH",
    "TOX_PASSENV",
    "UV_KEYRING_PROVIDER",
];

/// A login that can be told by how it begins.
struct Token {
    begins: &'static str,
    /// How many letters, digits, `_` and `-` follow at least.
    least: usize,
}

const fn token(begins: &'static str, least: usize) -> Token {
    Token { begins, least }
}

/// Beginnings that the issuers document. What follows must have a digit: a
/// folder may be called `sk-learn-environment`.
const TOKENS: &[Token] = &[
    token("ghp_", 16),
    token("gho_", 16),
    token("ghu_", 16),
    token("ghs_", 16),
    token("ghr_", 16),
    token("github_pat_", 16),
    token("glpat-", 16),
    token("gldt-", 16),
    token("glrt-", 16),
    token("sk-", 16),
    token("sk_live_", 12),
    token("sk_test_", 12),
    token("rk_live_", 12),
    token("AKIA", 16),
    token("ASIA", 16),
    token("xoxa-", 10),
    token("xoxb-", 10),
    token("xoxe", 10),
    token("xoxp-", 10),
    token("xoxr-", 10),
    token("xoxs-", 10),
    token("xapp-", 10),
    token("AIza", 30),
    token("ya29.", 16),
    token("npm_", 30),
    token("pypi-", 30),
    token("dckr_pat_", 16),
    token("dop_v1_", 16),
    token("doo_v1_", 16),
    token("hf_", 24),
    token("gsk_", 24),
    token("SG.", 16),
    token("shpat_", 16),
    token("hvs.", 16),
    token("lin_api_", 16),
    token("tskey-", 12),
    token("AGE-SECRET-KEY-", 16),
    token("glsa_", 16),
    token("nvapi-", 24),
    token("eyJ", 32),
];

/// Why a variable did not cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing names it.
    NotListed,
    /// The policy takes it away.
    Removed,
    /// The policy sets it to something else.
    Replaced,
    /// It was there before; the first one crossed.
    Twice,
    /// Its name is empty or has `=` or NUL in it, or its value has NUL.
    Malformed,
    /// Its name looks like a secret's: the pattern.
    SecretName(&'static str),
    /// Its value looks like a login: what it begins with, or what it is.
    SecretValue(&'static str),
}

/// The environment of the command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filtered {
    /// What crosses, in the order it came, then what the policy sets.
    pub kept: Vec<(RawText, RawText)>,
    /// What does not, by name only.
    pub dropped: Vec<(RawText, Reason)>,
}

/// Sorts `variables` into what crosses and what does not.
#[must_use]
pub fn filter(
    wanted: &Environment,
    variables: impl IntoIterator<Item = (RawText, RawText)>,
) -> Filtered {
    let mut result = Filtered::default();
    let mut seen = BTreeSet::new();
    for (name, value) in variables {
        let verdict = if seen.insert(name.clone()) {
            judge(wanted, name.as_bytes(), value.as_bytes())
        } else {
            Some(Reason::Twice)
        };
        match verdict {
            Some(reason) => result.dropped.push((name, reason)),
            None => result.kept.push((name, value)),
        }
    }
    for (name, value) in &wanted.set {
        result.kept.push((RawText::from(name.as_str()), value.clone()));
    }
    result
}

/// Why a variable does not cross; none if it does.
fn judge(wanted: &Environment, name: &[u8], value: &[u8]) -> Option<Reason> {
    if name.is_empty() || name.iter().any(|byte| matches!(byte, b'=' | 0)) || value.contains(&0) {
        return Some(Reason::Malformed);
    }
    let text = std::str::from_utf8(name).unwrap_or_default();
    if wanted.set.contains_key(text) {
        return Some(Reason::Replaced);
    }
    if wanted.remove.iter().any(|pattern| fits(pattern, name)) {
        return Some(Reason::Removed);
    }
    if wanted.inherit.iter().any(|exact| exact.as_bytes() == name) {
        return None;
    }
    if INHERIT.iter().any(|exact| exact.as_bytes() == name) {
        return secret_value(value).map(Reason::SecretValue);
    }
    let prefixes = wanted.inherit.iter().map(String::as_str).chain(INHERIT.iter().copied());
    let mut prefixes = prefixes.filter(|pattern| pattern.ends_with('*'));
    if !prefixes.any(|pattern| fits(pattern, name)) {
        return Some(Reason::NotListed);
    }
    secret_name(name)
        .map(Reason::SecretName)
        .or_else(|| secret_value(value).map(Reason::SecretValue))
}

/// Whether `name` is `pattern`, or begins with it if it ends in `*`.
fn fits(pattern: &str, name: &[u8]) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix.as_bytes()),
        None => name == pattern.as_bytes(),
    }
}

/// The pattern of [`SECRET_NAMES`] that a name fits, case not counting.
#[must_use]
pub fn secret_name(name: &[u8]) -> Option<&'static str> {
    if NOT_SECRET.iter().any(|exact| exact.as_bytes() == name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    SECRET_NAMES.iter().copied().find(|pattern| {
        let middle = pattern.trim_matches('*').as_bytes();
        if pattern.ends_with('*') {
            upper.windows(middle.len()).any(|window| window == middle)
        } else {
            upper.ends_with(middle)
        }
    })
}

/// What login a value holds; none if it looks like none.
#[must_use]
pub fn secret_value(value: &[u8]) -> Option<&'static str> {
    if has_password(value) {
        return Some("user and password in a URL");
    }
    if value.windows(11).any(|window| window == b"-----BEGIN ") {
        return Some("a PEM block");
    }
    let mut inside_word = false;
    for (at, byte) in value.iter().enumerate() {
        if !inside_word && let Some(token) = TOKENS.iter().find(|token| begins(token, &value[at..])) {
            return Some(token.begins);
        }
        inside_word = byte.is_ascii_alphanumeric();
    }
    None
}

/// Whether `text` begins with a login of this kind.
fn begins(token: &Token, text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(token.begins.as_bytes()) else { return false };
    let is_body = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let body = rest.iter().take_while(is_body).count();
    body >= token.least && rest[..body].iter().any(u8::is_ascii_digit)
}

/// Whether a `://user:password@` stands anywhere.
fn has_password(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = rest.windows(3).position(|window| window == b"://") {
        rest = &rest[at + 3..];
        let is_end = |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'') || byte.is_ascii_whitespace();
        let authority = &rest[..rest.iter().position(is_end).unwrap_or(rest.len())];
        if let Some(at) = authority.iter().rposition(|byte| *byte == b'@')
            && let Some(colon) = authority[..at].iter().position(|byte| *byte == b':')
            && colon + 1 < at
        {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(wanted: &Environment, variables: &[(&str, &str)]) -> Filtered {
        let raw = |text: &str| RawText::from(text);
        filter(wanted, variables.iter().map(|(name, value)| (raw(name), raw(value))))
    }

    fn reason(wanted: &Environment, name: &str, value: &str) -> Option<Reason> {
        run(wanted, &[(name, value)]).dropped.first().map(|(_, reason)| *reason)
    }

    #[test]
    fn only_listed_names_cross() {
        let plain = Environment::default();
        for name in ["HOME", "LC_ALL", "CARGO_TARGET_DIR", "TOKENIZERS_PARALLELISM", "GIT_AUTHOR_NAME"] {
            assert_eq!(reason(&plain, name, "x"), None, "{name}");
        }
        for name in ["AWS_PROFILE", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "home"] {
            assert_eq!(reason(&plain, name, "x"), Some(Reason::NotListed), "{name}");
        }
    }

    #[test]
    fn a_prefix_does_not_let_a_secret_through() {
        let plain = Environment::default();
        for name in ["CARGO_REGISTRY_TOKEN", "npm_config__auth", "UV_PUBLISH_PASSWORD", "NODE_AUTH_TOKEN"] {
            assert!(matches!(reason(&plain, name, "x"), Some(Reason::SecretName(_))), "{name}");
        }
        let wide = Environment { inherit: vec!["MY_*".into()], ..Environment::default() };
        assert!(matches!(reason(&wide, "MY_API_KEY", "x"), Some(Reason::SecretName(_))));
        assert_eq!(reason(&wide, "MY_NAME", "x"), None);
    }

    #[test]
    fn what_the_user_names_exactly_crosses_whatever_it_looks_like() {
        let named = Environment { inherit: vec!["GITHUB_TOKEN".into()], ..Environment::default() };
        assert_eq!(reason(&named, "GITHUB_TOKEN", "ghp_0123456789abcdef0123"), None);
        assert_eq!(reason(&named, "GITHUB_TOKEN2", "x"), Some(Reason::NotListed));
    }

    #[test]
    fn values_that_are_logins_stay_out_even_behind_a_listed_name() {
        let plain = Environment::default();
        for (name, value) in [
            ("HTTPS_PROXY", "http://me:secret@proxy.example.com:8080"),
            ("PIP_INDEX_URL", "https://u:p@example.com/simple"),
            ("NODE_OPTIONS", "--x=ghp_0123456789abcdef0123"),
            ("RUSTFLAGS", "sk-proj0123456789abcdef"),
            ("CFLAGS", "AKIA0123456789ABCDEF"),
        ] {
            assert!(matches!(reason(&plain, name, value), Some(Reason::SecretValue(_))), "{name}");
        }
        for (name, value) in [
            ("HTTPS_PROXY", "http://proxy.example.com:8080"),
            ("VIRTUAL_ENV", "/home/u/sk-learn-environment-folder"),
            ("GOPROXY", "ssh://git@github.com/x"),
            ("PATH", "/home/u/a@b:c/bin:/usr/bin"),
        ] {
            assert_eq!(reason(&plain, name, value), None, "{name}");
        }
    }

    #[test]
    fn what_is_set_replaces_and_what_is_removed_is_gone() {
        let mut wanted = Environment { remove: vec!["LC_*".into()], ..Environment::default() };
        wanted.set.insert("EDITOR".into(), RawText::from("true"));
        let result = run(&wanted, &[("EDITOR", "vi"), ("LC_ALL", "C"), ("LANG", "C"), ("LANG", "D")]);
        let kept: Vec<String> = result.kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(kept, ["LANG=C", "EDITOR=true"]);
        let why: Vec<Reason> = result.dropped.iter().map(|(_, reason)| *reason).collect();
        assert_eq!(why, [Reason::Replaced, Reason::Removed, Reason::Twice]);
    }

    #[test]
    fn malformed_entries_do_not_cross() {
        let plain = Environment::default();
        for (name, value) in [("", "x"), ("A=B", "x"), ("HOME\0", "x"), ("HOME", "a\0b")] {
            assert_eq!(reason(&plain, name, value), Some(Reason::Malformed));
        }
    }

    #[test]
    fn the_tables_hold_each_entry_once() {
        for table in [INHERIT, SECRET_NAMES, NOT_SECRET] {
            let unique: BTreeSet<&str> = table.iter().copied().collect();
            assert_eq!(unique.len(), table.len());
        }
        for exact in INHERIT.iter().filter(|name| !name.ends_with('*')) {
            let looks = secret_name(exact.as_bytes()).is_some();
            let known = exact.contains("AUTHOR");
            assert!(!looks || known, "{exact} looks like a secret's name");
        }
    }
}
