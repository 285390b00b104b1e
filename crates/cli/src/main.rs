//! The command `fumehood`.

use std::process::ExitCode;

fn main() -> ExitCode {
    fumehood::cell_main();
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let at = args.iter().position(|a| a == "--").expect("--");
    let workspace = args.iter().position(|a| a == "--workspace").map(|i| std::path::PathBuf::from(&args[i + 1]));
    let deny = args.iter().position(|a| a == "--deny-read").map(|i| std::path::PathBuf::from(&args[i + 1]));
    let show = args[0] == "plan";
    let folders = fumehood::Folders::find().expect("f");
    let place = folders.place(workspace.as_deref()).expect("p");
    let mut policy = fumehood::policy::Policy::built_in(fumehood::policy::profiles::BuiltIn::WorkspaceWrite, &place);
    if let Some(d) = deny {
        use fumehood::policy::*;
        policy.rules.push(Rule { pattern: Pattern::path(fumehood::folders::to_policy(&d).expect("d")), access: Access::Read, effect: Effect::Deny, force: Force::Preference, origin: Origin::command_line("--deny-read") });
    }
    let result = (|| {
        let sandbox = fumehood::Sandbox::builder(policy).audit(fumehood::audit::AuditLog::in_folder(std::path::Path::new(&place.state.to_string()))).prepare()?;
        let mut c = sandbox.command(&args[at + 1]);
        c.args(&args[at + 2..]);
        if show {
            for s in c.plan()?.steps { println!("{s}"); }
            return Ok(None);
        }
        c.run_in_place().map(Some)
    })();
    match result {
        Ok(Some(exit)) => { if let fumehood::Ending::Signal(s) = exit.ending { let _ = fumehood::die_of(s); } ExitCode::from(exit.code() as u8) }
        Ok(None) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            let mut s: Option<&dyn std::error::Error> = std::error::Error::source(&e);
            while let Some(c) = s { eprintln!("  caused by: {c}"); s = c.source(); }
            if let Some(h) = e.hint() { eprintln!("\nhint: {h}"); }
            ExitCode::from(e.code())
        }
    }
}
