//! The registry of the standard machine.
//!
//! Sources: a hive that is made new gives `HKLM`'s top (`offreg.dll` as quoted by a
//! project that compared itself with it); the top of `HKCU` is as Windows 11 prints
//! it; `SOFTWARE` as in the files that integrate updates; the rest inherits.

use crate::key::KeyPath;
use crate::world::{Made, World};

use super::{BadRow, Makers};

/// The top of `HKLM` and of `HKU`.
const TOP: &str = "O:BAG:BAD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;CI;KR;;;RC)";
/// `HKLM\SOFTWARE`.
const SOFTWARE: &str = "O:SYG:SYD:PAI(A;CI;KR;;;BU)(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CIIO;KA;;;CO)\
    (A;CI;KR;;;AC)";
/// `HKCU`.
const HIVE: &str = "O:SYG:SYD:P(A;CI;KR;;;RC)(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;OICI;KA;;;{U})\
    (A;OICI;KR;;;AC)";

/// Keys below `HKLM` that inherit.
const OF_MACHINE: [&str; 9] = [
    r"HKLM\SOFTWARE\Microsoft",
    r"HKLM\SOFTWARE\Microsoft\Windows",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run",
    r"HKLM\SYSTEM",
    r"HKLM\SYSTEM\CurrentControlSet",
    r"HKLM\SYSTEM\CurrentControlSet\Control",
    r"HKLM\SYSTEM\CurrentControlSet\Services",
    r"HKLM\SYSTEM\CurrentControlSet\Services\Vendor",
];

/// Keys below `HKCU` that inherit: those from which Windows starts programs or makes environments.
pub const OF_USER: [&str; 9] = [
    "Environment",
    "Software",
    r"Software\Classes",
    r"Software\Classes\CLSID",
    r"Software\Microsoft",
    r"Software\Microsoft\Command Processor",
    r"Software\Microsoft\Windows",
    r"Software\Microsoft\Windows\CurrentVersion",
    r"Software\Microsoft\Windows\CurrentVersion\Run",
];

pub(super) fn furnish(world: &mut World, makers: &Makers<'_>) -> Result<(), BadRow> {
    let (top, software) = (makers.descriptor(TOP)?, makers.descriptor(SOFTWARE)?);
    let hive = makers.descriptor(HIVE)?;
    world.put_registry(top.clone(), top);
    let user = format!(r"HKU\{}", makers.people.ann);
    put(world, r"HKLM\SOFTWARE", &Made::With(&software))?;
    put(world, &user, &Made::With(&hive))?;
    for text in OF_MACHINE {
        put(world, text, &Made::By(makers.system))?;
    }
    for text in OF_USER {
        put(
            world,
            &format!(r"{user}\{text}"),
            &Made::By(&makers.people.token),
        )?;
    }
    Ok(())
}

fn put(world: &mut World, text: &str, made: &Made<'_>) -> Result<(), BadRow> {
    let path = KeyPath::parse(text).map_err(|bad| BadRow::of(text, &bad))?;
    let key = world
        .put_key(&path, made)
        .map_err(|refusal| BadRow::of(text, &refusal))?;
    debug_assert!(world.key(key).is_some(), "{text} was put");
    Ok(())
}
