//! Where a command cannot have the terminal that it is to have, nothing is started.
//!
//! No harness of cargo's: a launcher wants a process with one thread.

fn main() {
    test::run();
}

#[cfg(not(target_os = "linux"))]
mod test {
    /// There is no launcher here yet.
    pub fn run() {}
}

#[cfg(target_os = "linux")]
mod test {
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

    /// A plan without a step, for `program` on a terminal that `multiplexer` is to give.
    fn plan(program: &[&str], multiplexer: &str) -> Plan {
        let file = program.first().expect("a program");
        Plan {
            version: VERSION,
            namespaces: Vec::new(),
            steps: Vec::new(),
            launch: Launch {
                arguments: program.iter().map(|text| (*text).into()).collect(),
                environment: Vec::new(),
                candidates: vec![file.parse().expect("an absolute path")],
                control_group: None,
                timeout_ms: None,
                pty: Some(multiplexer.parse().expect("an absolute path")),
            },
            gaps: Vec::new(),
            withheld: Vec::new(),
        }
    }

    /// One after the other.
    pub fn run() {
        a_terminal_is_refused_to_a_host_that_embeds_us();
        without_the_terminal_that_it_is_to_have_nothing_is_started();
    }

    fn a_terminal_is_refused_to_a_host_that_embeds_us() {
        let lifeline = std::io::stdin();
        let watch = Watch {
            lifeline: Some(lifeline.as_fd()),
        };
        let refused = launch(
            &plan(&["/bin/true"], "/dev/ptmx"),
            None,
            &watch,
            &mut Nobody,
        );
        let refused = refused.expect_err("nobody could type");
        assert!(matches!(refused, Failure::TerminalApart), "{refused}");
    }

    fn without_the_terminal_that_it_is_to_have_nothing_is_started() {
        let marker = std::env::temp_dir().join(format!("fumehood-cell-{}", std::process::id()));
        let touch = ["/usr/bin/touch", marker.to_str().expect("a short name")];
        for (multiplexer, call) in [
            ("/dev/null", "ioctl TIOCSPTLCK"),
            ("/nowhere/ptmx", "openat2"),
        ] {
            let refused = launch(
                &plan(&touch, multiplexer),
                None,
                &Watch::default(),
                &mut Nobody,
            );
            match refused.expect_err("there is no terminal") {
                Failure::Terminal { source, .. } => assert_eq!(source.call, call),
                other => panic!("{other}"),
            }
        }
        assert!(!marker.exists(), "it was started");
    }
}
