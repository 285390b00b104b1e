//! The named objects of the standard machine.
//!
//! Sources: the agent's pipe is as the agent of Microsoft's OpenSSH makes it
//! (`ssh-agent/agent.c`); the editor's is made without a descriptor, as libuv
//! does, so the class says what it gets; directories, station and desktop are general
//! knowledge of what the session manager gives, not looked up.

use crate::class::Class;
use crate::object::ObjectId;
use crate::world::World;

use super::{BadRow, Makers, Names};

/// The device of named pipes: everyone may make one. It and the directories of names are labelled
/// low, because programs below medium make pipes and names (general knowledge; a low server and a
/// low client are reported to find each other).
const PIPES: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)S:(ML;;NW;;;LW)";
/// Everyone may make names that all sessions see; restricted code only looks.
const GLOBAL: &str =
    "D:(A;;0xf000f;;;SY)(A;;0xf000f;;;BA)(A;;0x7;;;WD)(A;;0x3;;;RC)S:(ML;;NW;;;LW)";
/// The logon may make names in its session.
const LOCAL: &str =
    "D:(A;;0xf000f;;;SY)(A;;0xf000f;;;BA)(A;;0xf;;;{L})(A;;0x3;;;WD)(A;;0x3;;;RC)S:(ML;;NW;;;LW)";
/// The window station: the logon's.
const STATION: &str = "D:(A;;0xf037f;;;SY)(A;;0xf037f;;;{L})(A;;0x20166;;;BA)";
/// The desktop: the logon's.
const DESKTOP: &str = "D:(A;;0xf01ff;;;SY)(A;;0xf01ff;;;{L})(A;;0x2008d;;;BA)";
/// Read and write, but serve no instance, for whoever is authenticated.
const AGENT: &str = "O:SYG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x12019b;;;AU)";

pub(super) fn furnish(world: &mut World, makers: &Makers<'_>) -> Result<Names, BadRow> {
    let mut put = |class, text: &str, name: Option<(ObjectId, &str)>| {
        let descriptor = makers.descriptor(text)?;
        let object = world.put_named(class, name, descriptor);
        object.map_err(|refusal| BadRow::of(text, &refusal))
    };
    let pipes = put(Class::Directory, PIPES, None)?;
    let global = put(Class::Directory, GLOBAL, None)?;
    let local = put(Class::Directory, LOCAL, None)?;
    let station = put(Class::WindowStation, STATION, None)?;
    let desktop = put(Class::Desktop, DESKTOP, None)?;
    let agent_pipe = put(Class::NamedPipe, AGENT, Some((pipes, "openssh-ssh-agent")))?;
    let bare = Class::NamedPipe.default_descriptor(&makers.people.token, None);
    let editor_pipe = world.put_named(Class::NamedPipe, Some((pipes, "editor-ipc")), bare);
    let editor_pipe = editor_pipe.map_err(|refusal| BadRow::of("editor-ipc", &refusal))?;
    Ok(Names {
        pipes,
        global,
        local,
        station,
        desktop,
        agent_pipe,
        editor_pipe,
    })
}
