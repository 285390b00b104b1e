//! A host with 500 MB of heap and several threads: starting a command forks none of it.
//!
//! `cargo run --release -p fumehood --example large_heap` prints the median start
//! with a small and with a large heap. They should be alike.

use std::time::{Duration, Instant};

use fumehood::{Error, Launcher, Sandbox, Settings};

/// What the host holds, in bytes.
const HEAP: usize = 500 * 1024 * 1024;
/// Starts that are timed.
const ROUNDS: usize = 21;

fn main() -> Result<(), Error> {
    fumehood::cell_main();

    let policy = Settings::of(".")?.policy;
    let sandbox = Sandbox::builder(policy)
        .launcher(Launcher::this_program()?)
        .prepare()?;
    let before = median(&sandbox)?;

    // Every page is touched, so that a fork would have to copy its entry.
    let heap: Vec<u8> = (0..HEAP)
        .map(|at| u8::try_from(at % 251).unwrap_or(0))
        .collect();
    let (stop, wait) = std::sync::mpsc::channel::<()>();
    let idle = std::thread::spawn(move || wait.recv());
    let after = median(&sandbox)?;
    drop(stop);
    let _ended = idle.join();

    println!("small heap: {before:?}");
    println!("large heap: {after:?} with {} bytes", heap.len());
    Ok(())
}

fn median(sandbox: &Sandbox) -> Result<Duration, Error> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        sandbox.command("true").output()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[ROUNDS / 2])
}
