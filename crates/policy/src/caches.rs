//! Toolchain caches: what build tools keep outside the workspace.
//!
//! The one list. Writable, a cache lets a command plant code that the user runs
//! tomorrow; empty, nothing builds without a network. The default `seeded` mode
//! reads the real cache and writes elsewhere, and for that it has to know three
//! things of each tool: where the cache is and which variable moves it, what
//! keeps the tool from waiting for a network that is not there (cargo gives up
//! after 12 s, npm after 77), and which variables name *build* caches, whose
//! content is made from the work itself and is never shared.
//!
//! `bin` folders in a cache are never writable, whatever the mode. Variables in
//! `offline` belong to runs without a network only.

/// A folder of the real user that a tool reads and fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheFolder {
    /// Relative to the home folder.
    pub path: &'static str,
    /// The variable that moves it.
    pub variable: Option<&'static str>,
    /// The tool makes locks or databases in it even when it only reads: a
    /// read-only folder is an error to it, so seeding needs an overlay.
    pub wants_write: bool,
}

/// One tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// The name in `[caches]`.
    pub name: &'static str,
    /// Cache folders of the real user, with the variable that moves each.
    pub folders: &'static [CacheFolder],
    /// Variables that keep it from the network and from retrying.
    pub offline: &'static [(&'static str, &'static str)],
    /// Variables that name build caches, each set to a private folder of this name.
    pub private: &'static [(&'static str, &'static str)],
}

/// A cache that is fine when it can only be read.
const fn reads(path: &'static str, variable: &'static str) -> CacheFolder {
    CacheFolder {
        path,
        variable: Some(variable),
        wants_write: false,
    }
}

/// A cache that the tool locks or updates while it reads.
const fn locks(path: &'static str, variable: &'static str) -> CacheFolder {
    CacheFolder {
        path,
        variable: Some(variable),
        wants_write: true,
    }
}

/// A cache that no variable moves.
const fn fixed(path: &'static str) -> CacheFolder {
    CacheFolder {
        path,
        variable: None,
        wants_write: false,
    }
}

/// All of them.
pub const TOOLS: &[Tool] = &[
    Tool {
        name: "cargo",
        folders: &[reads(".cargo", "CARGO_HOME")],
        offline: &[("CARGO_NET_OFFLINE", "true"), ("CARGO_NET_RETRY", "0")],
        private: &[],
    },
    Tool {
        name: "rustup",
        folders: &[reads(".rustup", "RUSTUP_HOME")],
        offline: &[("RUSTUP_AUTO_INSTALL", "0"), ("RUSTUP_MAX_RETRIES", "0")],
        private: &[],
    },
    // GOSUMDB stays: its lookup fails at once, and without it hashes that
    // nobody has verified would be written to go.sum.
    Tool {
        name: "go",
        folders: &[reads("go/pkg/mod", "GOMODCACHE")],
        offline: &[("GOPROXY", "off"), ("GOTOOLCHAIN", "local")],
        private: &[
            ("GOCACHE", "go-build"),
            ("GOLANGCI_LINT_CACHE", "golangci-lint"),
        ],
    },
    Tool {
        name: "npm",
        folders: &[locks(".npm", "npm_config_cache")],
        offline: &[
            ("npm_config_offline", "true"),
            ("npm_config_fetch_retries", "0"),
            ("npm_config_update_notifier", "false"),
            ("npm_config_audit", "false"),
            ("npm_config_fund", "false"),
            ("COREPACK_ENABLE_NETWORK", "0"),
            ("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"),
        ],
        private: &[("npm_config_logs_dir", "npm-logs")],
    },
    Tool {
        name: "yarn",
        folders: &[
            reads(".cache/yarn", "YARN_CACHE_FOLDER"),
            locks(".yarn/berry", "YARN_GLOBAL_FOLDER"),
        ],
        offline: &[
            ("YARN_ENABLE_NETWORK", "0"),
            ("YARN_HTTP_RETRY", "0"),
            ("YARN_ENABLE_TELEMETRY", "0"),
        ],
        private: &[],
    },
    Tool {
        name: "pnpm",
        folders: &[locks(".local/share/pnpm/store", "npm_config_store_dir")],
        offline: &[
            ("pnpm_config_offline", "true"),
            ("pnpm_config_fetch_retries", "0"),
        ],
        private: &[],
    },
    Tool {
        name: "bun",
        folders: &[locks(".bun/install/cache", "BUN_INSTALL_CACHE_DIR")],
        offline: &[("BUN_CONFIG_HTTP_RETRY_COUNT", "0")],
        private: &[("BUN_RUNTIME_TRANSPILER_CACHE_PATH", "bun-transpiler")],
    },
    Tool {
        name: "deno",
        folders: &[locks(".cache/deno", "DENO_DIR")],
        offline: &[("DENO_NO_UPDATE_CHECK", "1")],
        private: &[],
    },
    Tool {
        name: "pip",
        folders: &[reads(".cache/pip", "PIP_CACHE_DIR")],
        offline: &[
            ("PIP_RETRIES", "0"),
            ("PIP_DEFAULT_TIMEOUT", "2"),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ],
        private: &[],
    },
    Tool {
        name: "uv",
        folders: &[locks(".cache/uv", "UV_CACHE_DIR")],
        offline: &[("UV_OFFLINE", "1"), ("UV_PYTHON_DOWNLOADS", "never")],
        private: &[],
    },
    Tool {
        name: "poetry",
        folders: &[locks(".cache/pypoetry", "POETRY_CACHE_DIR")],
        offline: &[("POETRY_REQUESTS_MAX_RETRIES", "0")],
        private: &[],
    },
    Tool {
        name: "conda",
        folders: &[locks(".conda/pkgs", "CONDA_PKGS_DIRS")],
        offline: &[("CONDA_OFFLINE", "true"), ("CONDA_REMOTE_MAX_RETRIES", "0")],
        private: &[],
    },
    // Gradle has no variable for `--offline`; its own read-only second level
    // (GRADLE_RO_DEP_CACHE) is the way to seed it.
    Tool {
        name: "gradle",
        folders: &[locks(".gradle", "GRADLE_USER_HOME")],
        offline: &[],
        private: &[],
    },
    Tool {
        name: "maven",
        folders: &[CacheFolder {
            wants_write: true,
            ..fixed(".m2/repository")
        }],
        offline: &[("MAVEN_ARGS", "--offline")],
        private: &[],
    },
    Tool {
        name: "coursier",
        folders: &[locks(".cache/coursier", "COURSIER_CACHE")],
        offline: &[("COURSIER_MODE", "offline")],
        private: &[],
    },
    Tool {
        name: "sbt",
        folders: &[
            CacheFolder {
                wants_write: true,
                ..fixed(".sbt")
            },
            CacheFolder {
                wants_write: true,
                ..fixed(".ivy2")
            },
        ],
        offline: &[],
        private: &[],
    },
    Tool {
        name: "dotnet",
        folders: &[reads(".nuget/packages", "NUGET_PACKAGES")],
        offline: &[
            ("NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT", "1"),
            ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
            ("DOTNET_NOLOGO", "1"),
        ],
        private: &[
            ("NUGET_HTTP_CACHE_PATH", "nuget-http"),
            ("DOTNET_CLI_HOME", "dotnet-home"),
        ],
    },
    Tool {
        name: "composer",
        folders: &[locks(".cache/composer", "COMPOSER_CACHE_DIR")],
        offline: &[
            ("COMPOSER_DISABLE_NETWORK", "1"),
            ("COMPOSER_NO_AUDIT", "1"),
        ],
        private: &[],
    },
    Tool {
        name: "bundler",
        folders: &[
            reads(".bundle/cache", "BUNDLE_USER_CACHE"),
            fixed(".gem"),
            fixed(".local/share/gem"),
        ],
        offline: &[
            ("BUNDLE_RETRY", "0"),
            ("BUNDLE_TIMEOUT", "2"),
            ("BUNDLE_ALLOW_OFFLINE_INSTALL", "true"),
            ("BUNDLE_DISABLE_VERSION_CHECK", "true"),
        ],
        private: &[],
    },
    Tool {
        name: "hex",
        folders: &[locks(".hex", "HEX_HOME"), reads(".mix", "MIX_HOME")],
        offline: &[("HEX_OFFLINE", "1")],
        private: &[],
    },
    Tool {
        name: "dart",
        folders: &[reads(".pub-cache", "PUB_CACHE")],
        offline: &[],
        private: &[],
    },
    Tool {
        name: "haskell",
        folders: &[locks(".stack", "STACK_ROOT"), fixed(".cabal/packages")],
        offline: &[],
        private: &[],
    },
    Tool {
        name: "zig",
        folders: &[],
        offline: &[],
        private: &[("ZIG_GLOBAL_CACHE_DIR", "zig")],
    },
    Tool {
        name: "ccache",
        folders: &[],
        offline: &[],
        private: &[("CCACHE_DIR", "ccache")],
    },
    Tool {
        name: "sccache",
        folders: &[],
        offline: &[],
        private: &[("SCCACHE_DIR", "sccache")],
    },
    Tool {
        name: "pre-commit",
        folders: &[locks(".cache/pre-commit", "PRE_COMMIT_HOME")],
        offline: &[],
        private: &[],
    },
    Tool {
        name: "cypress",
        folders: &[reads(".cache/Cypress", "CYPRESS_CACHE_FOLDER")],
        offline: &[("CYPRESS_CRASH_REPORTS", "0")],
        private: &[],
    },
    Tool {
        name: "playwright",
        folders: &[reads(".cache/ms-playwright", "PLAYWRIGHT_BROWSERS_PATH")],
        offline: &[("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")],
        private: &[],
    },
    Tool {
        name: "puppeteer",
        folders: &[reads(".cache/puppeteer", "PUPPETEER_CACHE_DIR")],
        offline: &[("PUPPETEER_SKIP_DOWNLOAD", "1")],
        private: &[],
    },
    Tool {
        name: "huggingface",
        folders: &[reads(".cache/huggingface", "HF_HOME")],
        offline: &[
            ("HF_HUB_OFFLINE", "1"),
            ("TRANSFORMERS_OFFLINE", "1"),
            ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ],
        private: &[],
    },
    Tool {
        name: "python-tools",
        folders: &[],
        offline: &[],
        private: &[
            ("RUFF_CACHE_DIR", "ruff"),
            ("MYPY_CACHE_DIR", "mypy"),
            ("NUMBA_CACHE_DIR", "numba"),
            ("MPLCONFIGDIR", "matplotlib"),
        ],
    },
];

/// The tool of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_tools_share_a_name_a_folder_or_a_variable() {
        let mut seen = BTreeSet::new();
        for tool in TOOLS {
            assert!(seen.insert(tool.name), "{}", tool.name);
            for folder in tool.folders {
                assert!(seen.insert(folder.path), "{}", folder.path);
                assert!(
                    folder.variable.is_none_or(|name| seen.insert(name)),
                    "{}",
                    folder.path
                );
                assert!(!folder.path.starts_with('/') && !folder.path.contains(".."));
            }
            for (name, _) in tool.offline.iter().chain(tool.private) {
                assert!(seen.insert(name), "{name}");
            }
        }
    }

    #[test]
    fn private_folders_are_plain_names_of_their_own() {
        let mut seen = BTreeSet::new();
        for (_, name) in TOOLS.iter().flat_map(|tool| tool.private) {
            assert!(!name.contains(['/', '.']) && seen.insert(name), "{name}");
        }
    }

    #[test]
    fn a_tool_is_found_by_its_name() {
        assert_eq!(
            find("cargo").map(|tool| tool.folders[0].path),
            Some(".cargo")
        );
        assert_eq!(find("Cargo"), None);
    }
}
