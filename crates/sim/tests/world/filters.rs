//! The filtering platform.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fumehood_nt::Guid;
use fumehood_nt::restrict::RestrictFlags;
use fumehood_nt::token::Token;
use fumehood_sim::filter::{
    Action, Condition, Filter, Filters, Flow, Lasts, Layer, Override, Provider, SubLayer, Version,
};
use fumehood_sim::readings::FilterUser;
use fumehood_sim::{Readings, Refusal};

use crate::machine::*;

const TCP: u8 = 6;
const UDP: u8 = 17;
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));

fn key(number: u32) -> Guid {
    format!("00000000-0000-0000-0000-0000{number:08x}")
        .parse()
        .expect("a GUID")
}

/// Two sublayers, `1` the heavier, and a provider.
fn filters() -> Filters {
    let mut filters = Filters::default();
    filters
        .add_provider(Provider { key: key(0) })
        .expect("is new");
    for (number, weight) in [(1, 200), (2, 100)] {
        let sublayer = SubLayer {
            key: key(number),
            provider: Some(key(0)),
            weight,
        };
        filters.add_sublayer(sublayer).expect("is new");
    }
    filters
}

fn filter(number: u32, sublayer: u32, weight: u64, action: Action) -> Filter {
    Filter {
        key: key(number),
        provider: Some(key(0)),
        layer: Layer::Connect,
        version: Version::V4,
        sublayer: key(sublayer),
        weight,
        conditions: Vec::new(),
        action,
        right: Override::Usual,
        lasts: Lasts::Persistent,
    }
}

fn flow(token: &Token, remote: (IpAddr, u16), protocol: u8) -> Flow<'_> {
    let (layer, program) = (Layer::Connect, None);
    let local = (if remote.0.is_loopback() { HOME } else { HERE }, 50_000);
    Flow {
        layer,
        token,
        program,
        local,
        remote,
        protocol,
    }
}

fn rules(filters: &Filters, flow: &Flow<'_>) -> Action {
    filters.rule(flow, Readings::default()).action
}

#[test]
fn within_a_sublayer_the_heaviest_that_matches_decides() {
    let token = token(user(USER));
    let connect = flow(&token, (THERE, 443), TCP);
    for (block, permit) in [(10, 20), (20, 10)] {
        let mut filters = filters();
        filters
            .add(filter(11, 1, block, Action::Block))
            .expect("is new");
        filters
            .add(filter(12, 1, permit, Action::Permit))
            .expect("is new");
        let expected = if block > permit {
            Action::Block
        } else {
            Action::Permit
        };
        assert_eq!(rules(&filters, &connect), expected);
    }
    let mut equal = filters();
    equal.add(filter(11, 1, 1, Action::Block)).expect("is new");
    equal.add(filter(12, 1, 1, Action::Permit)).expect("is new");
    assert_eq!(
        rules(&equal, &connect),
        Action::Block,
        "of equal weights the older"
    );
    let mut empty = filters();
    assert_eq!(
        rules(&empty, &connect),
        Action::Permit,
        "what nothing matches goes through"
    );
    let other = Filter {
        version: Version::V6,
        ..filter(11, 1, 1, Action::Block)
    };
    empty.add(other).expect("is new");
    assert_eq!(rules(&empty, &connect), Action::Permit);
}

#[test]
fn across_sublayers_a_block_outweighs_a_soft_permit_and_not_a_hard_one_above_it() {
    let token = token(user(USER));
    let connect = flow(&token, (THERE, 443), TCP);
    for (above, right, below, expected) in [
        (
            Action::Permit,
            Override::Usual,
            Action::Block,
            Action::Block,
        ),
        (
            Action::Permit,
            Override::Cleared,
            Action::Block,
            Action::Permit,
        ),
        (
            Action::Block,
            Override::Usual,
            Action::Permit,
            Action::Block,
        ),
        (
            Action::Block,
            Override::Cleared,
            Action::Permit,
            Action::Block,
        ),
        (
            Action::Permit,
            Override::Usual,
            Action::Permit,
            Action::Permit,
        ),
    ] {
        let mut filters = filters();
        filters
            .add(Filter {
                right,
                ..filter(11, 1, 1, above)
            })
            .expect("is new");
        filters.add(filter(12, 2, 1, below)).expect("is new");
        assert_eq!(
            rules(&filters, &connect),
            expected,
            "{above:?} {right:?}, {below:?}"
        );
    }
    let mut filters = filters();
    filters
        .add(filter(11, 1, 1, Action::Block))
        .expect("is new");
    let hard = Filter {
        right: Override::Cleared,
        ..filter(12, 2, 1, Action::Permit)
    };
    filters.add(hard).expect("is new");
    assert_eq!(
        rules(&filters, &connect),
        Action::Block,
        "a hard permit comes too late below"
    );
}

/// The filters that `windows.md` plans for an account that is offline: nothing but TCP to the
/// proxy's port.
fn offline(account: &str) -> Filters {
    let mut filters = filters();
    let user = Condition::User(Box::new(sddl(&format!("D:(A;;CC;;;{account})"))));
    let to_proxy = vec![
        user.clone(),
        Condition::Protocol(TCP),
        Condition::RemoteAddress(HOME..=HOME),
        Condition::RemotePort(8080..=8080),
    ];
    let mut number = 10;
    let mut add = |layer, version, conditions: Vec<Condition>, weight, action| {
        number += 1;
        let filter = filter(number, 1, weight, action);
        filters
            .add(Filter {
                layer,
                version,
                conditions,
                ..filter
            })
            .expect("is new");
    };
    for version in [Version::V4, Version::V6] {
        for layer in [Layer::Connect, Layer::Accept, Layer::Listen] {
            add(layer, version, vec![user.clone()], 1, Action::Block);
        }
        let others = vec![user.clone(), Condition::NotProtocol(TCP)];
        add(Layer::Assign, version, others, 1, Action::Block);
    }
    add(Layer::Connect, Version::V4, to_proxy, 2, Action::Permit);
    filters
}

#[test]
fn an_offline_account_reaches_its_proxy_and_nothing_else() {
    let filters = offline("{U}");
    let (me, other) = (token(user(USER)), token(user(OTHER)));
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    for (remote, protocol, action) in [
        ((HOME, 8080), TCP, Action::Permit),
        ((HOME, 8081), TCP, Action::Block),
        ((HOME, 8080), UDP, Action::Block),
        ((THERE, 8080), TCP, Action::Block),
        ((THERE, 53), UDP, Action::Block),
    ] {
        assert_eq!(
            rules(&filters, &flow(&me, remote, protocol)),
            action,
            "{remote:?} {protocol}"
        );
        assert_eq!(
            rules(&filters, &flow(&other, remote, protocol)),
            Action::Permit
        );
    }
    let six = Flow {
        local: (v6, 1),
        ..flow(&me, (v6, 8080), TCP)
    };
    assert_eq!(rules(&filters, &six), Action::Block);
    for (layer, protocol, action) in [
        (Layer::Assign, TCP, Action::Permit),
        (Layer::Assign, UDP, Action::Block),
        (Layer::Listen, TCP, Action::Block),
        (Layer::Accept, TCP, Action::Block),
    ] {
        let asked = Flow {
            layer,
            ..flow(&me, (HOME, 8080), protocol)
        };
        assert_eq!(rules(&filters, &asked), action, "{layer:?} {protocol}");
    }
}

#[test]
fn a_filter_for_an_account_may_miss_its_restricted_tokens() {
    let filters = offline("{U}");
    let restricted_without = restricted(RestrictFlags::NONE, &[GRANT]);
    let write_restricted = restricted(RestrictFlags::WRITE_RESTRICTED, &[GRANT]);
    let away = |token| {
        filters
            .rule(&flow(token, (THERE, 443), TCP), Readings::default())
            .action
    };
    assert_eq!(
        away(&restricted_without),
        Action::Permit,
        "the second pass does not match"
    );
    assert_eq!(
        away(&write_restricted),
        Action::Block,
        "matching is no writing"
    );
    let literal = Readings {
        filter_user: FilterUser::WithoutList,
        ..Readings::default()
    };
    let other = filters.rule(&flow(&restricted_without, (THERE, 443), TCP), literal);
    assert_eq!(
        other.action,
        Action::Block,
        "unless the list does not count"
    );
    let listed = restricted(RestrictFlags::NONE, &[GRANT, USER]);
    assert_eq!(away(&listed), Action::Block);
}

#[test]
fn conditions_on_one_thing_are_alternatives_and_on_two_must_both_be_met() {
    let mut filters = filters();
    let conditions = vec![
        Condition::RemotePort(80..=80),
        Condition::RemotePort(443..=443),
        Condition::NotLoopback,
    ];
    filters
        .add(Filter {
            conditions,
            ..filter(11, 1, 1, Action::Block)
        })
        .expect("is new");
    let me = token(user(USER));
    let blocked = |remote| rules(&filters, &flow(&me, remote, TCP)) == Action::Block;
    assert!(blocked((THERE, 80)) && blocked((THERE, 443)));
    assert!(!blocked((THERE, 22)) && !blocked((HOME, 80)));
}

#[test]
fn filters_live_as_long_as_they_say() {
    let mut filters = filters();
    for (number, lasts) in [
        (11, Lasts::Session),
        (12, Lasts::Persistent),
        (13, Lasts::BootTime),
    ] {
        filters
            .add(Filter {
                lasts,
                ..filter(number, 1, number.into(), Action::Block)
            })
            .expect("is new");
    }
    let (me, readings) = (token(user(USER)), Readings::default());
    let connect = flow(&me, (THERE, 443), TCP);
    assert_eq!(filters.rule(&connect, readings).by, Some(key(12)));
    assert_eq!(filters.rule_at_boot(&connect, readings).by, Some(key(13)));
    filters.restart();
    assert_eq!(filters.filters().count(), 2);
    filters.remove(key(12)).expect("is there");
    assert_eq!(filters.rule(&connect, readings).action, Action::Permit);
    assert_eq!(filters.remove_sublayer(key(1)), Err(Refusal::InUse));
    assert_eq!(filters.remove_sublayer(key(2)), Ok(()));
    assert_eq!(
        filters.add(filter(14, 2, 1, Action::Block)),
        Err(Refusal::NotFound)
    );
}
