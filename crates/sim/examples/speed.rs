//! How fast a search may go: acts a second on the standard machine, and clones.
//!
//! `cargo run --release -p fumehood-sim --example speed`

use std::hint::black_box;
use std::time::Instant;

use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_sim::standard::places::PLACES;
use fumehood_sim::standard::standard;
use fumehood_sim::{Act, FilePath, Place};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut machine = standard()?;
    let flags = RestrictFlags::DISABLE_MAX_PRIVILEGE.with(RestrictFlags::WRITE_RESTRICTED);
    let restricting = vec![fumehood_nt::Sid::EVERYONE];
    let asked = Restrict {
        flags,
        restricting,
        ..Restrict::default()
    };
    let token = restrict(&machine.people.token, &asked)?;
    let sandbox = machine.world.put_process(token, None)?;
    let places: Vec<Place> = PLACES
        .iter()
        .filter_map(|row| FilePath::parse(row.path).ok().map(Place::Path))
        .collect();
    let acts: Vec<Act> = places
        .iter()
        .flat_map(|place| {
            [
                Act::Read(place.clone()),
                Act::Write(place.clone(), b"x".as_slice().into()),
                Act::Delete(place.clone(), DeleteBy::Disposition),
            ]
        })
        .collect();
    let time = |name: &str, count: usize, run: &mut dyn FnMut() -> usize| {
        let start = Instant::now();
        let done: usize = (0..count).map(|_| run()).sum();
        let each = start.elapsed() / u32::try_from(done.max(1)).unwrap_or(u32::MAX);
        println!("{name}: {each:?} each");
    };
    let world = &machine.world;
    time("a clone", 100_000, &mut || {
        black_box(world.clone());
        1
    });
    time("an act on a clone", 100, &mut || {
        for act in &acts {
            black_box(world.clone().act(sandbox, act).is_ok());
        }
        acts.len()
    });
    time("what an act hangs on", 1, &mut || {
        for act in &acts {
            black_box(world.hangs_on(sandbox, act));
        }
        acts.len()
    });
    Ok(())
}
