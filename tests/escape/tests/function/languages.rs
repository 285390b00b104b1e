//! Compilers, package managers and test runners, offline.

use fumehood_escape::skips::skip;

use crate::lab::{Lab, cached_package, for_everybody};

const RUST_LIBRARY: &str = "pub fn two() -> u32 { 2 }\n";
const RUST_TEST: &str = "#[test]\nfn two_is_two() { assert_eq!(inner::two(), 2); }\nfn main() { println!(\"{}\", inner::two()); }\n";

#[test]
fn cargo_builds_and_tests_a_crate_with_a_path_dependency() {
    for_everybody(|lab| {
        if !lab.has("cargo") {
            return;
        }
        let manifest = |name: &str, rest: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
        };
        lab.put(
            "Cargo.toml",
            &manifest(
                "outer",
                "[dependencies]\ninner = { path = \"inner\" }\n[workspace]\n",
            ),
        );
        lab.put("src/main.rs", RUST_TEST);
        lab.put("inner/Cargo.toml", &manifest("inner", ""));
        lab.put("inner/src/lib.rs", RUST_LIBRARY);
        assert_eq!(lab.sh("cargo build --quiet; cargo run --quiet").trim(), "2");
        lab.sh("cargo test --quiet; cargo check --quiet; cargo metadata --format-version 1 >/dev/null; cargo clean --quiet");
    });
}

#[test]
fn a_rust_project_with_a_cached_package_builds_offline() {
    for_everybody(|lab| {
        if !lab.has("cargo") {
            return;
        }
        let Some((name, version)) = cached_package(&["itoa", "cfg-if", "memchr"]) else {
            skip("crate", "itoa, cfg-if or memchr in cargo's cache");
            return;
        };
        lab.put(
            "Cargo.toml",
            &format!("[package]\nname = \"outer\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{name} = \"={version}\"\n[workspace]\n"),
        );
        lab.put("src/lib.rs", "#[test]\nfn it_links() {}\n");
        if lab
            .outside("cargo")
            .args(["metadata", "--offline", "--format-version=1"])
            .output()
            .is_ok_and(|made| !made.status.success())
        {
            skip("crate", "the index entry of a cached package");
            return;
        }
        lab.prepare("rm -f Cargo.lock");
        lab.sh("cargo build --quiet; cargo test --quiet");
    });
}

#[test]
fn cargo_says_at_once_that_a_package_is_missing() {
    for_everybody(|lab| {
        if !lab.has("cargo") {
            return;
        }
        lab.put("Cargo.toml", "[package]\nname = \"outer\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nfumehood-no-such-package = \"1\"\n[workspace]\n");
        lab.put("src/lib.rs", "");
        lab.misses_the_network("cargo build");
    });
}

#[test]
fn python_runs_tests_and_makes_environments() {
    for_everybody(|lab| {
        lab.put("test_it.py", "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 1)\n");
        lab.sh("python3 -m unittest -q 2>&1; python3 -m compileall -q .; python3 -c 'import tempfile; tempfile.TemporaryDirectory()'");
        lab.sh("python3 -m venv --without-pip env; . env/bin/activate; python -c 'import sys; assert sys.prefix != sys.base_prefix'");
        if lab.has("pytest") {
            lab.sh("pytest -q");
        }
    });
}

#[test]
fn python_s_environments_get_their_pip() {
    for_everybody(|lab| {
        let has = lab
            .outside("python3")
            .args(["-c", "import ensurepip"])
            .output();
        if !has.is_ok_and(|made| made.status.success()) {
            skip("tool", "ensurepip");
            return;
        }
        lab.put(
            "package/pyproject.toml",
            "[project]\nname = \"own\"\nversion = \"1\"\n",
        );
        lab.sh(
            "python3 -m venv env; env/bin/pip --version; env/bin/pip list 2>/dev/null >/dev/null",
        );
    });
}

#[test]
fn sqlite_works_also_with_a_write_ahead_log() {
    for_everybody(|lab| {
        lab.sh("
            python3 - <<'PY'
import sqlite3
for mode in ['delete', 'wal']:
    c = sqlite3.connect('d.' + mode); assert c.execute('pragma journal_mode=' + mode).fetchone()[0] == mode
    c.execute('create table t(x)'); c.executemany('insert into t values(?)', [(i,) for i in range(1000)]); c.commit()
    assert sqlite3.connect('d.' + mode).execute('select count(*) from t').fetchone()[0] == 1000
PY");
        if lab.has("sqlite3") {
            lab.sh("sqlite3 e.db 'pragma journal_mode=wal; create table t(x); insert into t values(1); select * from t; vacuum;'");
        }
    });
}

#[test]
fn c_programs_are_compiled_and_run() {
    for_everybody(|lab| {
        if !lab.has("cc") || !lab.has("make") {
            return;
        }
        for number in 0..8 {
            lab.put(
                &format!("f{number}.c"),
                &format!("int f{number}(void) {{ return {number}; }}\n"),
            );
        }
        lab.put("main.c", "#include <stdio.h>\nint f7(void);\nint main(void) { printf(\"%d\\n\", f7()); return 0; }\n");
        lab.put("Makefile", "O := main.o $(patsubst %,f%.o,0 1 2 3 4 5 6 7)\np: $(O)\n\tcc -o $@ $^\nlib.a: $(O)\n\tar rcs $@ $^\n");
        assert_eq!(lab.sh("make -s -j 4 p lib.a && ./p").trim(), "7");
        lab.sh("cc -shared -fPIC -o libf.so f1.c; cc -fsanitize=address -g -o asan main.c f7.c 2>/dev/null && ./asan || true");
    });
}

#[test]
fn node_runs_scripts_tests_and_installs_local_packages() {
    for_everybody(|lab| {
        if !lab.has("node") || !lab.has("npm") {
            return;
        }
        lab.put(
            "own/package.json",
            "{\"name\":\"own\",\"version\":\"1.0.0\",\"main\":\"i.js\"}",
        );
        lab.put("own/i.js", "module.exports = 42\n");
        lab.put(
            "t.test.js",
            "const t = require('node:test'); t('works', () => {})\n",
        );
        lab.put(
            "package.json",
            "{\"name\":\"p\",\"version\":\"1.0.0\",\"scripts\":{\"hello\":\"echo from-script\",\"test\":\"node --test\"},\"dependencies\":{\"own\":\"file:own\"}}",
        );
        lab.sh("npm install >/dev/null");
        assert_eq!(lab.sh("node -p 'require(\"own\")'").trim(), "42");
        assert!(lab.sh("npm run --silent hello").contains("from-script"));
        lab.sh("npm test --silent >/dev/null; node -e 'new (require(\"worker_threads\").Worker)(\"1\",{eval:true})'");
    });
}

#[test]
fn npm_packs_a_package_and_installs_the_archive() {
    for_everybody(|lab| {
        if !lab.has("npm") {
            return;
        }
        lab.put(
            "own/package.json",
            "{\"name\":\"own\",\"version\":\"1.0.0\",\"main\":\"i.js\"}",
        );
        lab.put("own/i.js", "module.exports = 42\n");
        lab.put("package.json", "{\"name\":\"p\",\"version\":\"1.0.0\"}");
        lab.sh("npm pack --silent ./own; npm install ./own-1.0.0.tgz >/dev/null; node -p 'require(\"own\")'");
    });
}

/// A registry of one package, for the host's side.
const REGISTRY: &str = r"
import base64, hashlib, http.server, json, os, subprocess, sys, threading
body = open('dep-1.0.0.tgz', 'rb').read()
class H(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        host = f'http://127.0.0.1:{self.server.server_address[1]}'
        if self.path.endswith('.tgz'): data = body
        else:
            sri = 'sha512-' + base64.b64encode(hashlib.sha512(body).digest()).decode()
            version = {'name': 'dep', 'version': '1.0.0', 'main': 'i.js', 'dist': {'tarball': host + '/dep/-/dep-1.0.0.tgz', 'integrity': sri}}
            data = json.dumps({'name': 'dep', 'dist-tags': {'latest': '1.0.0'}, 'versions': {'1.0.0': version}}).encode()
        self.send_response(200); self.send_header('Content-Length', str(len(data))); self.send_header('Cache-Control', 'max-age=3600'); self.end_headers(); self.wfile.write(data)
s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)
threading.Thread(target=s.serve_forever, daemon=True).start()
open('.npmrc', 'w').write(f'registry=http://127.0.0.1:{s.server_address[1]}/\n')
sys.exit(subprocess.run(['npm', 'install', '--no-audit', '--no-fund'], stdout=subprocess.DEVNULL).returncode)
";

#[test]
fn a_node_project_with_a_cached_package_installs_offline() {
    for_everybody(|lab| {
        if !lab.has("npm") {
            return;
        }
        lab.put(
            "dep/package.json",
            "{\"name\":\"dep\",\"version\":\"1.0.0\",\"main\":\"i.js\"}",
        );
        lab.put("dep/i.js", "module.exports = 'cached'\n");
        lab.put(
            "package.json",
            "{\"name\":\"p\",\"version\":\"1.0.0\",\"dependencies\":{\"dep\":\"^1.0.0\"}}",
        );
        lab.put("registry.py", REGISTRY);
        lab.prepare("npm pack --silent ./dep >/dev/null; python3 registry.py; rm -rf node_modules");
        lab.sh("npm ci >/dev/null");
        assert_eq!(lab.sh("node -p 'require(\"dep\")'").trim(), "cached");
        lab.sh("rm -rf node_modules package-lock.json; npm install >/dev/null; test -e node_modules/dep/i.js");
    });
}

#[test]
fn npm_says_at_once_that_a_package_is_missing() {
    for_everybody(|lab| {
        if !lab.has("npm") {
            return;
        }
        lab.put("package.json", "{\"name\":\"p\",\"version\":\"1.0.0\",\"dependencies\":{\"fumehood-no-such-package\":\"1\"}}");
        lab.misses_the_network("npm install");
    });
}

#[test]
fn other_package_managers_and_git_say_at_once_that_there_is_no_network() {
    for_everybody(|lab| {
        lab.misses_the_network("git clone https://example.com/a.git");
        lab.misses_the_network("git clone ssh://git@example.com/a.git");
        if lab.has("go") {
            lab.put("go.mod", "module example.com/own\n\ngo 1.19\n");
            lab.misses_the_network("go get example.com/fumehood/no-such-module");
        }
        if lab.has("pip") {
            lab.misses_the_network("pip install --target here fumehood-no-such-package");
        }
        if lab.has("curl") {
            lab.misses_the_network("curl --silent --show-error https://example.com");
        }
    });
}

#[test]
fn go_builds_and_tests_a_module() {
    for_everybody(|lab| {
        if !lab.has("go") {
            return;
        }
        lab.put("go.mod", "module example.com/own\n\ngo 1.19\n");
        lab.put("own.go", "package own\n\nfunc Two() int { return 2 }\n");
        lab.put("own_test.go", "package own\n\nimport \"testing\"\n\nfunc TestTwo(t *testing.T) {\n\tif Two() != 2 {\n\t\tt.Fail()\n\t}\n}\n");
        lab.put(
            "cmd/main.go",
            "package main\n\nimport \"example.com/own\"\n\nfunc main() { println(own.Two()) }\n",
        );
        go_in_parts(
            lab,
            "go build ./...",
            "go vet ./...; go test ./...; go run ./cmd",
        );
    });
}

/// A cold build of the standard library takes longer than a tool may hang.
fn go_in_parts(lab: &Lab, first: &str, rest: &str) {
    for part in ["runtime", "fmt", "net testing"] {
        lab.sh(&format!("go build {part}"));
    }
    lab.sh(first);
    lab.sh(rest);
}

#[test]
fn a_go_project_with_a_cached_module_builds_offline() {
    for_everybody(|lab| {
        if !lab.has("go") {
            return;
        }
        // A proxy is a folder: the host's side fills the cache from it.
        lab.put("dep/go.mod", "module example.com/dep\n\ngo 1.19\n");
        lab.put("dep/dep.go", "package dep\n\nconst Word = \"cached\"\n");
        lab.put(
            "p/go.mod",
            "module example.com/p\n\ngo 1.19\n\nrequire example.com/dep v1.0.0\n",
        );
        lab.put(
            "p/p.go",
            "package main\n\nimport \"example.com/dep\"\n\nfunc main() { print(dep.Word) }\n",
        );
        lab.put("zip.py", "import os, zipfile\nz = zipfile.ZipFile('proxy/example.com/dep/@v/v1.0.0.zip', 'w')\nfor n in ['go.mod', 'dep.go']: z.write('dep/' + n, 'example.com/dep@v1.0.0/' + n)\n");
        lab.prepare("
            v=proxy/example.com/dep/@v; mkdir -p $v; echo v1.0.0 > $v/list; cp dep/go.mod $v/v1.0.0.mod
            echo '{\"Version\":\"v1.0.0\"}' > $v/v1.0.0.info; python3 zip.py
            cd p; GOPROXY=\"file://$PWD/../proxy\" GONOSUMDB='*' GOFLAGS=-mod=mod go mod download all
            GOPROXY=\"file://$PWD/../proxy\" GONOSUMDB='*' GOFLAGS=-mod=mod go mod tidy 2>/dev/null; rm -rf ../proxy");
        go_in_parts(
            lab,
            "cd p; go build -o p .; test \"$(./p 2>&1)\" = cached",
            "cd p; go test ./...",
        );
    });
}

#[test]
fn other_languages_that_are_installed_start() {
    for_everybody(|lab| {
        for (tool, line) in [
            ("perl", "perl -e 'use File::Temp; File::Temp->new'"),
            ("ruby", "ruby -e 'require \"tempfile\"; Tempfile.new'"),
            ("php", "php -r 'tmpfile();'"),
            ("java", "java -version"),
            ("cmake", "cmake --version"),
        ] {
            let installed = lab
                .outside("sh")
                .args(["-c", &format!("command -v {tool}")])
                .output();
            if installed.is_ok_and(|found| found.status.success()) {
                lab.sh(line);
            }
        }
    });
}
