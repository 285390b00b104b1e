//! A descriptor as JSON, and back.
//!
//! Every part stands there by name. `rights` repeats the mask in words and is not
//! read back; a condition is text, as SDDL writes it.

use std::fmt::Display;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail, ensure};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Callback, Claim, ClaimValues, Condition,
    Control, Domains, ObjectKind, ObjectTypes, ResourceAttribute, Scope, SecurityDescriptor, Sid,
};
use serde::{Deserialize, Serialize};

use super::{named, names};

/// Version of the form.
const VERSION: u32 = 1;

/// A descriptor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    v: u32,
    owner: Option<String>,
    group: Option<String>,
    control: Vec<String>,
    #[serde(deserialize_with = "named::read")]
    dacl: ListForm,
    #[serde(deserialize_with = "named::read")]
    sacl: ListForm,
}

/// What stands where a list may stand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
enum ListForm {
    Absent,
    Null,
    List { aces: Vec<ByName> },
}

/// An entry, its parts by name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct ByName(#[serde(deserialize_with = "named::read")] AceForm);

/// An entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AceForm {
    r#type: String,
    flags: Vec<String>,
    mask: String,
    /// For the reader only.
    #[serde(default)]
    rights: Vec<String>,
    sid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inherited_object_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute: Option<AttributeForm>,
}

/// An attribute of the object.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeForm {
    name: String,
    flags: u32,
    #[serde(flatten)]
    values: ValuesForm,
}

/// The values of an attribute, by their type.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "values", rename_all = "kebab-case")]
enum ValuesForm {
    Integers(Vec<i64>),
    Unsigned(Vec<u64>),
    Texts(Vec<String>),
    Sids(Vec<String>),
    Octets(Vec<Vec<u8>>),
    Booleans(Vec<u64>),
}

/// The flags of a descriptor that SDDL has letters for.
const CONTROL: [(&str, Control); 6] = [
    ("dacl-protected", Control::DACL_PROTECTED),
    ("dacl-auto-inherit-request", Control::DACL_AUTO_INHERIT_REQ),
    ("dacl-auto-inherited", Control::DACL_AUTO_INHERITED),
    ("sacl-protected", Control::SACL_PROTECTED),
    ("sacl-auto-inherit-request", Control::SACL_AUTO_INHERIT_REQ),
    ("sacl-auto-inherited", Control::SACL_AUTO_INHERITED),
];

/// The flags of an entry. The bit of `successful-access` means `TP` on an access filter.
const FLAGS: [(&str, AceFlags); 8] = [
    ("object-inherit", AceFlags::OBJECT_INHERIT),
    ("container-inherit", AceFlags::CONTAINER_INHERIT),
    ("no-propagate", AceFlags::NO_PROPAGATE),
    ("inherit-only", AceFlags::INHERIT_ONLY),
    ("inherited", AceFlags::INHERITED),
    ("critical", AceFlags::CRITICAL),
    ("successful-access", AceFlags::SUCCESSFUL_ACCESS),
    ("failed-access", AceFlags::FAILED_ACCESS),
];

/// An entry that is narrowed by a scope.
type Narrowed = fn(Scope) -> AceKind;

/// The entries that are narrowed by a scope.
const SCOPED: [(&str, Narrowed); 4] = [
    ("allow", AceKind::Allow),
    ("deny", AceKind::Deny),
    ("audit", AceKind::Audit),
    ("alarm", AceKind::Alarm),
];
/// The forms of each of them, behind its name.
const OBJECT: &str = "-object";
const CALLBACK: &str = "-callback";

impl Form {
    /// The form of a descriptor, its rights named for objects of this kind.
    ///
    /// # Errors
    ///
    /// A part that has no form.
    pub fn of(descriptor: &SecurityDescriptor, kind: ObjectKind) -> Result<Self> {
        let set = CONTROL
            .iter()
            .filter(|(_, flag)| descriptor.control.contains(*flag));
        Ok(Self {
            v: VERSION,
            owner: descriptor.owner.map(|sid| sid.to_string()),
            group: descriptor.group.map(|sid| sid.to_string()),
            control: set.map(|(name, _)| (*name).to_owned()).collect(),
            dacl: ListForm::of(&descriptor.dacl, kind)?,
            sacl: ListForm::of(&descriptor.sacl, kind)?,
        })
    }

    /// The descriptor.
    ///
    /// # Errors
    ///
    /// Which part is wrong.
    pub fn descriptor(&self) -> Result<SecurityDescriptor> {
        if self.v != VERSION {
            bail!("version {} of the form is not known", self.v);
        }
        let sid = |text: &Option<String>| text.as_deref().map(read::<Sid>).transpose();
        let mut descriptor = SecurityDescriptor {
            owner: sid(&self.owner).context("owner")?,
            group: sid(&self.group).context("group")?,
            dacl: self.dacl.list().context("dacl")?,
            sacl: self.sacl.list().context("sacl")?,
            ..SecurityDescriptor::default()
        };
        for name in &self.control {
            descriptor.control = descriptor.control.union(named(name, &CONTROL)?);
        }
        Ok(descriptor)
    }
}

impl ListForm {
    fn of(field: &AclField, kind: ObjectKind) -> Result<Self> {
        Ok(match field {
            AclField::Absent => Self::Absent,
            AclField::Null => Self::Null,
            AclField::List(acl) => Self::List {
                aces: acl
                    .aces
                    .iter()
                    .map(|ace| AceForm::of(ace, kind).map(ByName))
                    .collect::<Result<_>>()?,
            },
        })
    }

    fn list(&self) -> Result<AclField> {
        Ok(match self {
            Self::Absent => AclField::Absent,
            Self::Null => AclField::Null,
            Self::List { aces } => {
                let read = |(index, ByName(ace)): (usize, &ByName)| {
                    ace.ace().with_context(|| format!("aces[{index}]"))
                };
                let aces: Vec<Ace> = aces.iter().enumerate().map(read).collect::<Result<_>>()?;
                let list = Acl::new(aces);
                let (bytes, limit) = (list.byte_len(), Acl::MAX_BYTES);
                ensure!(bytes <= limit, "a list of {bytes} bytes; at most {limit}");
                list.into()
            }
        })
    }
}

impl AceForm {
    fn of(ace: &Ace, kind: ObjectKind) -> Result<Self> {
        let set = FLAGS.iter().filter(|(_, flag)| ace.flags.contains(*flag));
        let types = ace.object_types().unwrap_or_default();
        let condition = match ace.callback() {
            Some(Callback::Condition(condition)) => Some(condition.to_sddl()?),
            Some(Callback::Opaque(_)) => bail!("a condition that is not well-formed has no text"),
            None => None,
        };
        let label = ace.kind == AceKind::MandatoryLabel;
        let rights = names::names(ace.mask, kind).filter(|_| !label).collect();
        Ok(Self {
            r#type: type_of(ace)?,
            flags: set.map(|(name, _)| (*name).to_owned()).collect(),
            mask: ace.mask.to_string(),
            rights,
            sid: ace.sid.to_string(),
            object_type: types.object.map(|guid| guid.to_string()),
            inherited_object_type: types.inherited.map(|guid| guid.to_string()),
            condition,
            attribute: AttributeForm::of(ace.attribute())?,
        })
    }

    fn ace(&self) -> Result<Ace> {
        let mut flags = AceFlags::NONE;
        for name in &self.flags {
            flags = flags.union(named(name, &FLAGS)?);
        }
        let mask = self.mask.strip_prefix("0x").context("a mask has 0x")?;
        // `from_str_radix` alone would take a sign.
        let are_digits = mask.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(are_digits, "mask: only hexadecimal digits stand behind 0x");
        let mask = u32::from_str_radix(mask, 16).context("mask")?;
        let sid = read(&self.sid).context("sid")?;
        Ok(Ace::new(self.kind()?, flags, AccessMask(mask), sid))
    }

    fn kind(&self) -> Result<AceKind> {
        let Some((kind, has_types, has_condition)) = scoped(&self.r#type) else {
            return self.kind_of_its_own();
        };
        self.lacks_all_but(has_types, has_condition)?;
        let guid = |text: &Option<String>| text.as_deref().map(read).transpose();
        let object = if has_types == Part::There {
            Some(Box::new(ObjectTypes {
                object: guid(&self.object_type)?,
                inherited: guid(&self.inherited_object_type)?,
            }))
        } else {
            None
        };
        let callback = if has_condition == Part::There {
            Some(self.callback()?)
        } else {
            None
        };
        Ok(kind(Scope { object, callback }))
    }

    /// The types that are not narrowed by a scope.
    fn kind_of_its_own(&self) -> Result<AceKind> {
        let (kind, has_condition) = match self.r#type.as_str() {
            "mandatory-label" => (AceKind::MandatoryLabel, Part::Missing),
            "scoped-policy" => (AceKind::ScopedPolicy, Part::Missing),
            "trust-label" => (AceKind::TrustLabel, Part::Missing),
            "access-filter" => (AceKind::AccessFilter(self.callback()?), Part::There),
            "resource-attribute" => {
                let attribute = self.attribute.as_ref().context("attribute is missing")?;
                let claim = ResourceAttribute::Claim(attribute.claim()?);
                return Ok(AceKind::ResourceAttribute(Box::new(claim)));
            }
            other => bail!("`{other}` is no type of an ACE"),
        };
        self.lacks_all_but(Part::Missing, has_condition)?;
        Ok(kind)
    }

    fn callback(&self) -> Result<Box<Callback>> {
        let text = self.condition.as_deref().context("condition is missing")?;
        let condition = Condition::from_sddl(text, &Domains::NONE).context("condition")?;
        Ok(Box::new(Callback::Condition(condition)))
    }

    /// What a type does not carry must not be dropped in silence.
    fn lacks_all_but(&self, types: Part, condition: Part) -> Result<()> {
        let has_types = self.object_type.is_some() || self.inherited_object_type.is_some();
        let surplus = [
            ("a GUID", has_types && types == Part::Missing),
            (
                "a condition",
                self.condition.is_some() && condition == Part::Missing,
            ),
            ("an attribute", self.attribute.is_some()),
        ];
        match surplus.iter().find(|(_, is)| *is) {
            Some((what, _)) => bail!("the type `{}` has no place for {what}", self.r#type),
            None => Ok(()),
        }
    }
}

/// Whether a type of entry carries something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    There,
    Missing,
}

/// The type of an entry, by name.
fn type_of(ace: &Ace) -> Result<String> {
    let (verb, scope) = match &ace.kind {
        AceKind::Allow(scope) => ("allow", scope),
        AceKind::Deny(scope) => ("deny", scope),
        AceKind::Audit(scope) => ("audit", scope),
        AceKind::Alarm(scope) => ("alarm", scope),
        AceKind::MandatoryLabel => return Ok("mandatory-label".to_owned()),
        AceKind::ResourceAttribute(_) => return Ok("resource-attribute".to_owned()),
        AceKind::ScopedPolicy => return Ok("scoped-policy".to_owned()),
        AceKind::TrustLabel => return Ok("trust-label".to_owned()),
        AceKind::AccessFilter(_) => return Ok("access-filter".to_owned()),
        AceKind::Unknown { ace_type, .. } => bail!("ACE type {ace_type:#04x} is not known"),
    };
    let part = |is: bool, name| if is { name } else { "" };
    let object = part(scope.object.is_some(), OBJECT);
    let callback = part(scope.callback.is_some(), CALLBACK);
    Ok(format!("{verb}{callback}{object}"))
}

/// A type that is narrowed by a scope, with what it carries.
fn scoped(name: &str) -> Option<(Narrowed, Part, Part)> {
    let cut = |name: &'_ str, end| match name.strip_suffix(end) {
        Some(rest) => (rest.len(), Part::There),
        None => (name.len(), Part::Missing),
    };
    let (length, types) = cut(name, OBJECT);
    let (length, condition) = cut(&name[..length], CALLBACK);
    let (_, kind) = SCOPED.iter().find(|(verb, _)| *verb == &name[..length])?;
    Some((*kind, types, condition))
}

impl AttributeForm {
    fn of(attribute: Option<&ResourceAttribute>) -> Result<Option<Self>> {
        let claim = match attribute {
            Some(ResourceAttribute::Claim(claim)) => claim,
            Some(ResourceAttribute::Opaque(_)) => bail!("an attribute that is not well-formed"),
            None => return Ok(None),
        };
        let values = match &claim.values {
            ClaimValues::Integers(values) => ValuesForm::Integers(values.clone()),
            ClaimValues::Unsigned(values) => ValuesForm::Unsigned(values.clone()),
            ClaimValues::Texts(values) => ValuesForm::Texts(values.clone()),
            ClaimValues::Sids(values) => {
                ValuesForm::Sids(values.iter().map(Sid::to_string).collect())
            }
            ClaimValues::Octets(values) => ValuesForm::Octets(values.clone()),
            ClaimValues::Booleans(values) => ValuesForm::Booleans(values.clone()),
        };
        Ok(Some(Self {
            name: claim.name.clone(),
            flags: claim.flags,
            values,
        }))
    }

    fn claim(&self) -> Result<Claim> {
        let values = match &self.values {
            ValuesForm::Integers(values) => ClaimValues::Integers(values.clone()),
            ValuesForm::Unsigned(values) => ClaimValues::Unsigned(values.clone()),
            ValuesForm::Texts(values) => ClaimValues::Texts(values.clone()),
            ValuesForm::Sids(values) => {
                let sids = values.iter().map(|text| read::<Sid>(text));
                ClaimValues::Sids(sids.collect::<Result<_>>()?)
            }
            ValuesForm::Octets(values) => ClaimValues::Octets(values.clone()),
            ValuesForm::Booleans(values) => ClaimValues::Booleans(values.clone()),
        };
        Ok(Claim {
            name: self.name.clone(),
            flags: self.flags,
            values,
        })
    }
}

/// Reads a value from its text.
fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T> {
    text.parse().map_err(|error| anyhow!("`{text}`: {error}"))
}

/// What a name in a table stands for.
fn named<T: Copy>(name: &str, table: &[(&str, T)]) -> Result<T> {
    let found = table.iter().find(|(known, _)| *known == name);
    let value = found.map(|(_, value)| *value);
    value.with_context(|| format!("`{name}` is no flag"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of each kind of descriptor and entry that SDDL has words for.
    const TEXTS: [&str; 16] = [
        "",
        "O:BAG:SY",
        "D:NO_ACCESS_CONTROL",
        "D:",
        "D:PARAI(A;OICI;FA;;;SY)(D;ID;0x1200a9;;;S-1-5-21-1-2-3-1001)S:PARAI",
        "S:NO_ACCESS_CONTROL",
        "D:(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;PS)",
        "D:(OA;CI;RP;;bf967aba-0de6-11d0-a285-00aa003049e2;AU)(OD;;WP;;;WD)",
        "D:(XA;;FX;;;WD;(@User.Title == \"PM\" && Member_of{SID(BA), SID(BU)}))",
        "D:(XD;;FX;;;WD;(!(Exists Local)))(ZA;;CR;00299570-246d-11d0-a768-00aa006e0529;;WD;(a))",
        "S:(AU;SAFA;FA;;;WD)(OU;FA;CR;;;WD)(XU;SA;FR;;;WD;(a))(AL;;FA;;;WD)(OL;;FA;;;WD)",
        "S:(ML;;NWNR;;;LW)(SP;;;;;S-1-17-1)(TL;;FR;;;S-1-19-512-4096)",
        "S:(RA;;;;;WD;(\"Secrecy\",TU,0x0,3,4))(RA;;;;;WD;(\"a\",TI,0x10000,-1))",
        "S:(RA;;;;;WD;(\"b\",TS,0x0,\"x\",\"y z\"))(RA;;;;;WD;(\"c\",TD,0x0,BA))",
        "S:(RA;;;;;WD;(\"d\",TX,0x0,#00ff))(RA;;;;;WD;(\"e\",TB,0x0,1))",
        "S:(FL;TP;FR;;;WD;(a))",
    ];

    fn again(sddl: &str) -> SecurityDescriptor {
        let parsed: SecurityDescriptor = sddl.parse().expect(sddl);
        let form = Form::of(&parsed, ObjectKind::File).expect(sddl);
        let json = serde_json::to_string(&form).expect("has a form");
        let read: Form = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
        let again = read
            .descriptor()
            .unwrap_or_else(|e| panic!("{e:#}: {json}"));
        assert_eq!(again, parsed, "{json}");
        again
    }

    #[test]
    fn a_descriptor_comes_back_from_its_json_as_it_was() {
        for sddl in TEXTS {
            let parsed: SecurityDescriptor = sddl.parse().expect(sddl);
            assert_eq!(again(sddl).to_sddl(), parsed.to_sddl());
        }
    }

    /// The form of a grant, with one text in it replaced.
    fn changed(from: &str, to: &str) -> Result<SecurityDescriptor> {
        let parsed: SecurityDescriptor = "O:BAD:P(A;CI;FA;;;WD)".parse()?;
        let json = serde_json::to_string(&Form::of(&parsed, ObjectKind::File)?)?;
        assert!(json.contains(from), "{json}");
        named::from_str::<Form>(&json.replacen(from, to, 1))?.descriptor()
    }

    #[test]
    fn a_list_at_the_limit_comes_back_and_one_over_it_is_refused() {
        let entry = r#"{"type":"allow","flags":[],"mask":"0x1","sid":"S-1-1-0"}"#;
        let read = |count: usize| {
            let aces = vec![entry; count].join(",");
            let list = format!(r#"{{"is":"list","aces":[{aces}]}}"#);
            let json = format!(
                r#"{{"v":1,"owner":null,"group":null,"control":[],"dacl":{list},"sacl":{{"is":"absent"}}}}"#
            );
            named::from_str::<Form>(&json)?.descriptor()
        };
        // 20 bytes each, and 8 before them.
        let most = (Acl::MAX_BYTES - 8) / 20;
        let list = read(most).expect("is not too long");
        let sddl = list.to_sddl().expect("has a text");
        assert_eq!(sddl.parse(), Ok(list));
        let error = read(most + 1).expect_err("is too long");
        assert!(format!("{error:#}").contains("at most 65532"), "{error:#}");
    }

    #[test]
    fn an_array_in_the_place_of_an_object_is_refused() {
        let whole = r#"[1,null,null,[],{"is":"absent"},{"is":"absent"}]"#;
        assert!(named::from_str::<Form>(whole).is_err());
        let with = |dacl: &str| {
            let json = format!(
                r#"{{"v":1,"owner":null,"group":null,"control":[],"dacl":{dacl},"sacl":{{"is":"absent"}}}}"#
            );
            named::from_str::<Form>(&json).map(|form| form.descriptor().is_ok())
        };
        let entry = r#"{"type":"allow","flags":[],"mask":"0x1","sid":"S-1-1-0"}"#;
        assert_eq!(
            with(&format!(r#"{{"is":"list","aces":[{entry}]}}"#)).ok(),
            Some(true)
        );
        assert!(with(r#"["absent"]"#).is_err());
        let entry = r#"["allow",[],"0x1",[],"S-1-1-0",null,null,null,null]"#;
        assert!(with(&format!(r#"{{"is":"list","aces":[{entry}]}}"#)).is_err());
    }

    #[test]
    fn what_is_no_descriptor_is_refused_with_its_place() {
        assert!(changed("\"v\":1", "\"v\":1").is_ok());
        for (from, to, said) in [
            ("\"v\":1", "\"v\":2", "version 2"),
            ("S-1-5-32-544", "S-2", "owner"),
            ("S-1-1-0", "WD", "aces[0]"),
            ("dacl-protected", "protected", "`protected` is no flag"),
            ("container-inherit", "ci", "`ci` is no flag"),
            ("\"allow\"", "\"grant\"", "`grant` is no type"),
            ("\"allow\"", "\"allow-callback\"", "condition is missing"),
            (
                "\"allow\"",
                "\"resource-attribute\"",
                "attribute is missing",
            ),
            ("0x001f01ff", "1f", "0x"),
            ("0x001f01ff", "0x1ffffffff", "mask"),
            ("0x001f01ff", "0x+1f", "only hexadecimal digits"),
            (
                "\"sid\"",
                "\"condition\":\"a\",\"sid\"",
                "no place for a condition",
            ),
            (
                "\"sid\"",
                "\"object_type\":\"x\",\"sid\"",
                "no place for a GUID",
            ),
            ("\"is\":\"list\"", "\"is\":\"full\"", "unknown variant"),
            ("\"owner\"", "\"owned\"", "unknown field"),
        ] {
            let error = changed(from, to).expect_err(to);
            let text = format!("{error:#}");
            assert!(text.contains(said), "{to}: {text}");
        }
    }
}
