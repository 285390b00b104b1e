//! The program as it is released: static, optimised, for this machine.
//!
//! Why against musl, and at a fixed address: `docs/decisions/0003-static-release.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::{machine, run};

/// Builds it and answers where it is.
///
/// # Errors
///
/// If it does not build.
pub fn build(top: &Path) -> Result<PathBuf> {
    let triple = triple()?;
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
            .env(flags, "-C relocation-model=static")
            .current_dir(top),
    )?;
    Ok(machine::target_folder(top)
        .join(triple)
        .join("release")
        .join("fumehood"))
}

/// This machine's own, with musl.
fn triple() -> Result<String> {
    let triple = machine::host_triple()?.replace("-gnu", "-musl");
    if !machine::has_target(&triple) {
        bail!("the released program is linked against musl: `rustup target add {triple}`");
    }
    Ok(triple)
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
