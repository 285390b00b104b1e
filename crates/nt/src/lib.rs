//! NT security as data: values, SDDL, bytes, the access check.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod ace;
pub mod acl;
pub mod binary;
pub mod claim;
pub mod condition;
pub mod descriptor;
pub mod evaluate;
pub mod guid;
pub mod inherit;
pub mod mask;
pub mod restrict;
mod right_name;
pub mod sddl;
pub mod semantics;
pub mod sid;
pub mod token;
mod token_list;
mod token_privilege;
pub mod well_known;

pub use ace::{Ace, AceFlags, AceKind, ObjectTypes, Scope};
pub use acl::{Acl, AclRevision};
pub use binary::{DecodeError, EncodeError};
pub use claim::{Claim, ClaimValues, ResourceAttribute};
pub use condition::{Callback, Condition};
pub use descriptor::{AclField, Control, SecurityDescriptor};
pub use guid::{Guid, ParseGuidError};
pub use mask::{AccessMask, GenericMapping, ObjectKind};
pub use sddl::{SddlError, Unprintable};
pub use sid::{ParseSidError, Sid};
pub use well_known::{Alias, Domains};
