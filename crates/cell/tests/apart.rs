//! A launcher that works for a host has nobody at its own streams.
#![cfg(target_os = "linux")]

use std::os::fd::AsFd;

use fumehood_cell::linux::{Failure, Observer, Watch, launch};
use fumehood_plan::linux::plan::{Launch, Plan, VERSION};

/// Nothing is to be told.
struct Nobody;

impl Observer for Nobody {
    fn started(&mut self, _: i32) -> bool {
        panic!("it was started");
    }
}

#[test]
fn a_terminal_is_refused_to_a_host_that_embeds_us() {
    let plan = Plan {
        version: VERSION,
        namespaces: Vec::new(),
        steps: Vec::new(),
        launch: Launch {
            arguments: vec!["true".into()],
            environment: Vec::new(),
            candidates: Vec::new(),
            control_group: None,
            timeout_ms: None,
            pty: Some("/dev/pts/ptmx".parse().expect("an absolute path")),
        },
        gaps: Vec::new(),
        withheld: Vec::new(),
    };
    let lifeline = std::io::stdin();
    let watch = Watch {
        lifeline: Some(lifeline.as_fd()),
    };
    let refused = launch(&plan, &watch, &mut Nobody).expect_err("nobody could type");
    assert!(matches!(refused, Failure::TerminalApart), "{refused}");
}
