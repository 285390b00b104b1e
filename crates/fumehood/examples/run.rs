//! Runs one command in a sandbox and says what was enforced.
//!
//! `cargo run -p fumehood --example run -- ls -l`

use fumehood::{Error, Launcher, Sandbox, Settings};

fn main() -> Result<(), Error> {
    // This program is its own launcher: nothing has to be installed.
    fumehood::cell_main();

    let mut command = std::env::args().skip(1);
    let program = command.next().unwrap_or_else(|| "id".to_owned());

    let policy = Settings::of(".")?.policy;
    let sandbox = Sandbox::builder(policy)
        .launcher(Launcher::this_program()?)
        .prepare()?;
    println!("{}", sandbox.report());

    let output = sandbox.command(program).args(command).output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    println!("exit code {}", output.exit.code());
    Ok(())
}
