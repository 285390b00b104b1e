//! NT security as data.
#![forbid(unsafe_code)]

pub mod ace;
pub mod acl;
pub mod claim;
pub mod condition;
pub mod descriptor;
pub mod evaluate;
pub mod inherit;
pub mod restrict;
pub mod semantics;
pub mod token;
mod token_list;
mod token_privilege;
pub mod guid;
pub mod mask;
pub mod sid;
pub mod well_known;

pub use ace::{Ace, AceFlags, AceKind, ObjectTypes, Scope};
pub use acl::{Acl, AclRevision};
pub use claim::{Claim, ClaimValues, ResourceAttribute};
pub use condition::{Callback, Condition};
pub use descriptor::{AclField, Control, SecurityDescriptor};
pub use guid::{Guid, ParseGuidError};
pub use mask::{AccessMask, GenericMapping, ObjectKind};
pub use sid::{ParseSidError, Sid};
pub use well_known::{Alias, Domains};
