//! The program as it is released: static, optimised, for this machine.
//!
//! `+crt-static` without a `--target` would also apply to procedural macros,
//! which must be dynamic: `docs/decisions/0003-static-release.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{machine, run};

/// Builds it and answers where it is.
///
/// # Errors
///
/// If it does not build.
pub fn build(top: &Path) -> Result<PathBuf> {
    let triple = machine::host_triple()?;
    let flags = format!(
        "CARGO_TARGET_{}_RUSTFLAGS",
        triple.to_uppercase().replace('-', "_")
    );
    run::must(
        Command::new("cargo")
            .args([
                "build",
                "--release",
                "--package",
                "fumehood-cli",
                "--bin",
                "fumehood",
            ])
            .args(["--target", &triple])
            .env(
                flags,
                "-C target-feature=+crt-static -C relocation-model=static",
            )
            .current_dir(top),
    )?;
    Ok(machine::target_folder(top)
        .join(triple)
        .join("release")
        .join("fumehood"))
}

/// Builds it and puts a copy where people find it.
///
/// # Errors
///
/// If it does not build, or cannot be copied.
pub fn dist(top: &Path) -> Result<()> {
    let built = build(top)?;
    let folder = machine::target_folder(top).join("dist");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join("fumehood");
    std::fs::copy(&built, &program)?;
    println!("{}", program.display());
    Ok(())
}
