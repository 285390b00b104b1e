//! Who tries: the process that was started, and what it can make of itself.
//!
//! A process may restrict its own token again. The lists intersect, so it has every
//! subset of its list to choose from; what a subset loses is not only grants but the
//! denials that named what is left out. Subsets of one and all but one are tried
//! always, the others when there is time.

use fumehood_nt::Sid;
use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_nt::token::Token;

use super::Depth;
use super::finding::Actor;

/// SIDs of a list of which every subset is tried.
pub const SUBSETS_OF: usize = 12;

/// A token that somebody can have.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// How it came to be.
    pub actor: Actor,
    /// The token.
    pub token: Token,
}

/// The token itself, and what its holder can make of it.
pub fn candidates(token: &Token, depth: Depth) -> Vec<Candidate> {
    let mut all = vec![Candidate {
        actor: Actor::Started,
        token: token.clone(),
    }];
    let list = token.spec().restricting.clone().unwrap_or_default();
    for sids in subsets(&list, depth) {
        let asked = Restrict {
            flags: RestrictFlags::NONE,
            restricting: sids.clone(),
            ..Restrict::default()
        };
        if let Ok(token) = restrict(token, &asked) {
            let actor = Actor::Cloned(sids.iter().map(Sid::to_sddl).collect());
            all.push(Candidate { actor, token });
        }
    }
    all
}

fn subsets(list: &[Sid], depth: Depth) -> Vec<Vec<Sid>> {
    let most = list.len().min(SUBSETS_OF);
    if list.len() < 2 {
        return Vec::new();
    }
    if depth == Depth::Long && list.len() == most {
        let of = |bits: usize| {
            let chosen = (0..most).filter(|at| bits & (1 << at) != 0);
            chosen.map(|at| list[at]).collect()
        };
        return (1..(1_usize << most) - 1).map(of).collect();
    }
    let alone = list.iter().map(|sid| vec![*sid]);
    let without = (0..list.len()).map(|gone| {
        let left = list.iter().enumerate().filter(|(at, _)| *at != gone);
        left.map(|(_, sid)| *sid).collect()
    });
    alone.chain(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subset_is_tried_in_the_end_and_the_small_and_large_ones_at_once() {
        let list: Vec<Sid> = (0..5).map(|number| Sid::of(5, [21, number])).collect();
        assert_eq!(subsets(&list, Depth::Ordinary).len(), 10);
        assert_eq!(subsets(&list, Depth::Long).len(), 30);
        assert_eq!(subsets(&list[..1], Depth::Long).len(), 0);
    }
}
