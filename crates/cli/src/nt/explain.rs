//! `fumehood nt explain`: one check, step by step.
//!
//! The verdict names what decided last. For a restricted token the first pass is
//! asked alone as well, so that both passes can be told. The steps are those of
//! [MS-DTYP] 2.5.3.2, in its order.

use std::process::ExitCode;

use anyhow::{Context, Result};
use fumehood_nt::evaluate::{
    Dependence, Doubt, Pass, Verdict, Why, depends_on, evaluate, label_level, write_bits,
};
use fumehood_nt::semantics::Semantics;
use fumehood_nt::token::{Integrity, Privilege, Restriction, Token};
use fumehood_nt::{AccessMask, Ace, AceFlags, AceKind, AclField, SecurityDescriptor, Sid};

use super::request::Question;
use super::{names, sddl, words};
use crate::args::NtExplain;
use crate::out;

/// What the owner has where nothing else is said.
const OWNERS: AccessMask = AccessMask::READ_CONTROL.union(AccessMask::WRITE_DAC);

/// Prints the steps of one check. Exit code 0 if it is granted, 1 if not.
///
/// # Errors
///
/// A text that is no question.
pub fn explain(arguments: &NtExplain) -> Result<ExitCode> {
    let text = sddl::input(arguments.question.as_deref())?;
    let question =
        Question::parse(text.trim().as_bytes()).context("not a question as `nt check` takes it")?;
    let check = Explained::of(&question);
    out::text(&check.text())?;
    Ok(if check.verdict.granted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A question and its answer.
struct Explained<'a> {
    question: &'a Question,
    semantics: Semantics,
    verdict: Verdict<'a>,
    /// What the mapping makes of the request, without `MAXIMUM_ALLOWED`.
    wanted: AccessMask,
    maximum: bool,
}

impl<'a> Explained<'a> {
    fn of(question: &'a Question) -> Self {
        let semantics = Semantics::default();
        let mapping = question.object.mapping();
        let Question {
            descriptor,
            token,
            want,
            ..
        } = question;
        let mapped = mapping.map(*want);
        Self {
            question,
            semantics,
            verdict: evaluate(descriptor, token, *want, mapping, &semantics),
            wanted: mapped.without(AccessMask::MAXIMUM_ALLOWED),
            maximum: mapped.intersects(AccessMask::MAXIMUM_ALLOWED),
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let mut step = |name: &str, text: &str| {
            for (at, part) in text.lines().enumerate() {
                let head = if at == 0 { name } else { "" };
                words::line(&mut out, &format!("{head:<11}{part}"));
            }
        };
        step("mapping", &self.mapping());
        step("label", &self.label());
        step("privileges", &self.privileges());
        step("owner", &self.owner());
        step("pass 1", &self.first_pass());
        step("pass 2", &self.second_pass());
        step("result", &self.result());
        step("open", &self.open());
        out
    }

    fn mask(&self, mask: AccessMask) -> String {
        names::mask(mask, self.question.object)
    }

    fn mapping(&self) -> String {
        let Question { want, object, .. } = self.question;
        let as_asked = *want == self.wanted || self.maximum && self.wanted.is_empty();
        let mapped = if as_asked {
            String::new()
        } else {
            format!("{want} means on a {object}:\n")
        };
        let asked = match (self.maximum, self.wanted.is_empty()) {
            (false, true) => "nothing".to_owned(),
            (true, true) => "all that may be had (MAXIMUM_ALLOWED)".to_owned(),
            (false, false) => self.mask(self.wanted),
            (true, false) => format!("{}, and all else that may be had", self.mask(self.wanted)),
        };
        format!("{mapped}asked of a {object}: {asked}")
    }

    fn label(&self) -> String {
        let level = label_level(&self.question.descriptor);
        let standing = level.unwrap_or(Integrity::MEDIUM);
        let own = self.question.token.spec().integrity;
        let of = match level {
            Some(level) => names::sid(&level.sid()),
            None => "not labelled, which counts as medium integrity".to_owned(),
        };
        let levels = format!(
            "the object is {of}; the token has {}",
            names::sid(&own.sid())
        );
        match self.verdict.why {
            Why::MandatoryLabel { refused, .. } => {
                format!("{levels}\nREFUSED from below: {}", self.mask(refused))
            }
            _ if own >= standing => format!("{levels}: it does not bind"),
            _ if self.maximum => format!("{levels}: it cuts what may be had"),
            _ => format!("{levels}: it lets all of the request through"),
        }
    }

    fn privileges(&self) -> String {
        let Question { token, .. } = self.question;
        if let Why::PrivilegeNotHeld(missing) = self.verdict.why {
            let name = missing.name();
            return format!("ACCESS_SYSTEM_SECURITY needs {name}, which is not enabled: REFUSED");
        }
        let mut words = Vec::new();
        if self.wanted.intersects(AccessMask::ACCESS_SYSTEM_SECURITY) {
            words.push("SeSecurityPrivilege gives ACCESS_SYSTEM_SECURITY".to_owned());
        }
        let owners = [Privilege::TakeOwnership, Privilege::Relabel];
        let taker = owners.iter().find(|privilege| token.enables(**privilege));
        if let Some(privilege) = taker.filter(|_| self.wanted.intersects(AccessMask::WRITE_OWNER)) {
            words.push(format!("{} gives WRITE_OWNER", privilege.name()));
        }
        if words.is_empty() {
            words.push("none has a say in this request".to_owned());
        }
        words.join("\n")
    }

    fn owner(&self) -> String {
        let Question {
            descriptor, token, ..
        } = self.question;
        let Some(owner) = &descriptor.owner else {
            return "the object names none".to_owned();
        };
        let who = names::sid(owner);
        if !token.has_enabled(owner) {
            return format!("{who} is not one that the token may act as");
        }
        if names_owner_rights(descriptor) {
            return format!("{who}, whose rights an ACE for Owner Rights names: none are implied");
        }
        if token.is_restricted() && !is_restricting(token, owner) {
            return format!("{who}, who is not in the restricting list: nothing is implied");
        }
        let given = if self.maximum {
            OWNERS
        } else {
            OWNERS & self.wanted
        };
        match given {
            AccessMask::NONE => format!("{who}; what that gives is not asked for"),
            given => format!("{who}: {} before any ACE", self.mask(given)),
        }
    }

    /// Whether the request ended before the DACL was looked at.
    fn is_decided_before(&self) -> bool {
        matches!(
            self.verdict.why,
            Why::NothingAsked
                | Why::MandatoryLabel { .. }
                | Why::PrivilegeNotHeld(_)
                | Why::Privilege(_)
        )
    }

    fn first_pass(&self) -> String {
        if self.is_decided_before() {
            return "not reached".to_owned();
        }
        let Question {
            descriptor,
            token,
            want,
            object,
        } = self.question;
        if pass_of(&self.verdict.why) == Some(Pass::Normal) {
            return self.why(&self.verdict.why);
        }
        // The same without the second list, whose only say in the first pass is the owner's.
        let mut spec = token.spec().clone();
        (spec.restricting, spec.restriction) = (None, Restriction::Full);
        let mut alone = descriptor.clone();
        let owner = descriptor.owner.as_ref();
        let both = owner.is_some_and(|owner| is_restricting(token, owner));
        if token.is_restricted() && !both {
            withhold_owner_rights(&mut alone);
        }
        match spec.build() {
            Ok(unrestricted) => {
                let mapping = object.mapping();
                let verdict = evaluate(&alone, &unrestricted, *want, mapping, &self.semantics);
                let mask = if self.maximum {
                    format!(": {}", self.mask(verdict.mask()))
                } else {
                    String::new()
                };
                format!("{}{mask}", self.why(&verdict.why))
            }
            // It was built with more before.
            Err(error) => error.to_string(),
        }
    }

    fn second_pass(&self) -> String {
        let token = &self.question.token;
        if !token.is_restricted() {
            return "none: the token is not restricted".to_owned();
        }
        let writes_only = token.spec().restriction == Restriction::Write;
        let denied_first =
            !self.verdict.granted() && pass_of(&self.verdict.why) == Some(Pass::Normal);
        if self.is_decided_before() || denied_first {
            return "not reached".to_owned();
        }
        let who = match token.spec().restricting.as_deref() {
            None | Some([]) => "the restricting list, which is empty".to_owned(),
            Some(list) => {
                let names: Vec<String> = list.iter().map(names::sid).collect();
                names.join(", ")
            }
        };
        if self.question.descriptor.dacl.list().is_none() {
            return format!("there is no DACL to ask for {who}");
        }
        let writes = write_bits(self.question.object.mapping());
        if self.maximum {
            let bits = if writes_only {
                "the bits that write"
            } else {
                "every bit"
            };
            return format!("{bits} must be given to {who} as well");
        }
        if writes_only && !self.wanted.intersects(writes) {
            return "skipped: the token is write-restricted and the request does not write"
                .to_owned();
        }
        match &self.verdict.why {
            why if pass_of(why) == Some(Pass::Restricting) => {
                format!("for {who}:\n{}", self.why(why))
            }
            _ => format!("nothing is left to ask for {who}"),
        }
    }

    fn result(&self) -> String {
        if self.verdict.granted() {
            format!("GRANTED {}", self.mask(self.verdict.mask()))
        } else {
            format!("DENIED: {}", self.why(&self.verdict.why))
        }
    }

    fn open(&self) -> String {
        let Question {
            descriptor,
            token,
            want,
            object,
        } = self.question;
        let dependence = depends_on(descriptor, token, *want, object.mapping(), &self.semantics);
        let mut lines = vec![self.hangs_on(dependence)];
        match self.verdict.doubt {
            Some(Doubt::Condition { ace }) => lines.push(format!(
                "the condition of DACL[{ace}] cannot be known here; it was taken for a refusal"
            )),
            Some(Doubt::Sacl { ace }) => {
                lines.push(format!("SACL[{ace}] may refuse more; it is not modelled"));
            }
            None => {}
        }
        lines.join("\n")
    }

    fn hangs_on(&self, dependence: Dependence) -> String {
        if dependence.is_certain() {
            return "nothing: every reading of NT answers so".to_owned();
        }
        let each = dependence.alone.union(dependence.together).iter();
        let lines = each.map(|switch| {
            let value = self.semantics.value(switch);
            format!("another answer unless {} is {value}", switch.name())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What decided, in words.
    fn why(&self, why: &Why<'_>) -> String {
        match why {
            Why::NothingAsked => "nothing was asked".to_owned(),
            Why::MandatoryLabel { refused, .. } => {
                format!("the mandatory label refuses {}", self.mask(*refused))
            }
            Why::PrivilegeNotHeld(privilege) => format!("{} is not enabled", privilege.name()),
            Why::Privilege(privilege) => format!("{} gave all that was left", privilege.name()),
            Why::Owner => "ownership gave all that was left".to_owned(),
            Why::NoDacl => "there is NO DACL: everyone has everything".to_owned(),
            Why::NoPackageNamed => "there is no DACL, and packages have to be named".to_owned(),
            Why::AllowedBy(by) => format!(
                "allowed: DACL[{}] gives {} {}, the last that was wanted",
                by.ace,
                names::sid(by.sid),
                self.mask(by.bits)
            ),
            Why::DeniedBy(by) => format!(
                "denied: DACL[{}] denies {} {}",
                by.ace,
                names::sid(by.sid),
                self.mask(by.bits)
            ),
            Why::LeftOver { pass, bits } => {
                let whom = match pass {
                    Pass::Normal => "the user and the groups",
                    Pass::Restricting => "the restricting list",
                    Pass::Package => "the package",
                };
                format!("no ACE gives {whom} {}", self.mask(*bits))
            }
            Why::Maximum => "every pass gave something".to_owned(),
            Why::Intent => "the privilege of the backup or restore gave all".to_owned(),
        }
    }
}

/// The pass that something was decided in.
fn pass_of(why: &Why<'_>) -> Option<Pass> {
    match why {
        Why::AllowedBy(by) | Why::DeniedBy(by) => Some(by.pass),
        Why::LeftOver { pass, .. } => Some(*pass),
        _ => None,
    }
}

fn is_restricting(token: &Token, sid: &Sid) -> bool {
    let list = token.spec().restricting.as_deref().unwrap_or_default();
    list.contains(sid)
}

fn names_owner_rights(descriptor: &SecurityDescriptor) -> bool {
    let names = |ace: &Ace| {
        ace.sid == Sid::OWNER_RIGHTS
            && !ace.flags.contains(AceFlags::INHERIT_ONLY)
            && matches!(ace.kind, AceKind::Allow(_) | AceKind::Deny(_))
    };
    let dacl = descriptor.dacl.list();
    dacl.is_some_and(|dacl| dacl.aces.iter().any(names))
}

/// Takes from the owner what is implied, and changes nothing else: an ACE for Owner Rights that
/// gives nothing, behind all others.
fn withhold_owner_rights(descriptor: &mut SecurityDescriptor) {
    if let AclField::List(dacl) = &mut descriptor.dacl {
        dacl.aces
            .push(Ace::allow(Sid::OWNER_RIGHTS, AccessMask::NONE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sddl: &str, token: &str, want: &str) -> String {
        let line = format!(
            r#"{{"sddl":"{sddl}","token":{{"user":"S-1-5-21-1-2-3-1001"{token}}},"want":"{want}","object":"file"}}"#
        );
        let question = Question::parse(line.as_bytes()).expect("is a question");
        Explained::of(&question).text()
    }

    fn says(text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }

    const RESTRICTED: &str = r#","groups":[["S-1-5-32-545","enabled"]],"restricting":["S-1-5-12"]"#;

    #[test]
    fn both_passes_are_told_with_the_ace_that_decided() {
        let text = told("D:(A;;FR;;;BU)(A;;FR;;;RC)", RESTRICTED, "0x80000000");
        says(
            &text,
            &[
                "0x80000000 means on a file",
                "pass 1     allowed: DACL[0] gives Users (S-1-5-32-545) 0x00120089 (read)",
                "pass 2     for Restricted Code (S-1-5-12):",
                "allowed: DACL[1] gives Restricted Code",
                "result     GRANTED 0x00120089 (read)",
                "open       nothing",
            ],
        );
        let text = told("D:(A;;FR;;;BU)", RESTRICTED, "0x80000000");
        says(
            &text,
            &[
                "pass 1     allowed: DACL[0]",
                "no ACE gives the restricting list 0x00120089",
                "result     DENIED",
            ],
        );
        let text = told("D:(D;;FR;;;BU)(A;;FR;;;RC)", RESTRICTED, "0x00000001");
        says(
            &text,
            &["pass 1     denied: DACL[0]", "pass 2     not reached"],
        );
    }

    #[test]
    fn a_request_that_does_not_write_skips_the_second_pass_of_a_write_restricted_token() {
        let token = format!("{RESTRICTED},\"write_restricted\":true");
        let text = told("D:(A;;FA;;;BU)", &token, "0x00000001");
        says(&text, &["pass 2     skipped", "GRANTED"]);
        let text = told("D:(A;;FA;;;BU)", &token, "0x00000002");
        says(&text, &["for Restricted Code", "DENIED"]);
    }

    #[test]
    fn label_privileges_and_owner_are_told() {
        let low = r#","integrity":"S-1-16-4096""#;
        let text = told("D:(A;;FA;;;WD)", low, "0x00000002");
        says(
            &text,
            &["REFUSED from below: 0x00000002", "pass 1     not reached"],
        );
        let text = told("D:(A;;FA;;;WD)", "", "0x01000000");
        says(&text, &["needs SeSecurityPrivilege", "REFUSED"]);
        let held = r#","privileges":["SeTakeOwnershipPrivilege"]"#;
        let text = told("D:", held, "0x00080000");
        says(
            &text,
            &["SeTakeOwnershipPrivilege gives WRITE_OWNER", "GRANTED"],
        );
        let owned = "O:S-1-5-21-1-2-3-1001D:";
        let text = told(owned, "", "0x00040000");
        says(&text, &["(WRITE_DAC) before any ACE", "GRANTED"]);
        let text = told(&format!("{owned}(A;;RC;;;OW)"), "", "0x00040000");
        says(&text, &["none are implied", "DENIED"]);
    }

    #[test]
    fn an_owner_outside_the_restricting_list_has_nothing_implied_and_that_is_open() {
        let token = r#","restricting":["S-1-5-12"],"write_restricted":true"#;
        let text = told("O:S-1-5-21-1-2-3-1001D:", token, "0x00020000");
        says(
            &text,
            &[
                "not in the restricting list: nothing is implied",
                "pass 1     no ACE gives the user and the groups 0x00020000 (READ_CONTROL)",
                "another answer unless restricted-owner is both-lists",
            ],
        );
    }

    #[test]
    fn what_is_open_to_everyone_and_what_is_asked_for_nothing_is_said() {
        says(
            &told("O:BA", "", "0x00000002"),
            &["NO DACL: everyone", "GRANTED"],
        );
        says(
            &told("D:", "", "0x00000000"),
            &["asked of a file: nothing", "zero-request"],
        );
        let text = told("D:(A;;FR;;;S-1-5-21-1-2-3-1001)", "", "0x02000000");
        says(&text, &["MAXIMUM_ALLOWED", "GRANTED 0x00120089"]);
    }
}
