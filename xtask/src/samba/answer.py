#!/usr/bin/python3
"""Answers the questions of `fumehood nt check` with Samba's access check, a line each.

Samba takes masks without generic rights and tokens without attributes, labels or
restricting SIDs. So masks are mapped here, by a table of our own; a SID that is not
enabled is left out; and a restricted token asks twice, the second time with the
restricting SIDs as the token (by composition).
"""

import json
import sys

from samba import NTSTATUSError
from samba.dcerpc import security
from samba.security import access_check

MAXIMUM_ALLOWED = 0x02000000
PRESENT = security.SEC_DESC_DACL_PRESENT
NO_DOMAIN = security.dom_sid("S-1-5-21-0-0-0")

# read, write, execute, all
MAPPINGS = {
    "file": (0x120089, 0x120116, 0x1200A0, 0x1F01FF),
    "key": (0x20019, 0x20006, 0x20019, 0xF003F),
    "process": (0x20410, 0x20BEA, 0x121001, 0x1FFFFF),
    "token": (0x2001A, 0x201E0, 0x20005, 0xF01FF),
    "event": (0x20001, 0x20002, 0x120000, 0x1F0003),
    "section": (0x20005, 0x20002, 0x20008, 0xF001F),
}

PRIVILEGES = {
    "SeTakeOwnershipPrivilege": security.SEC_PRIV_TAKE_OWNERSHIP,
    "SeSecurityPrivilege": security.SEC_PRIV_SECURITY,
    "SeBackupPrivilege": security.SEC_PRIV_BACKUP,
    "SeRestorePrivilege": security.SEC_PRIV_RESTORE,
    "SeChangeNotifyPrivilege": security.SEC_PRIV_CHANGE_NOTIFY,
}

# What a privilege gives by itself.
GIVEN = {"SeTakeOwnershipPrivilege": 0x00080000, "SeSecurityPrivilege": 0x01000000}


def mapped(mask, mapping):
    """The mask without generic rights."""
    plain = mask & 0x0FFFFFFF
    for bit, rights in zip((31, 30, 29, 28), mapping):
        if mask >> bit & 1:
            plain |= rights
    return plain


def write_bits(mapping):
    """What sends a write-restricted token to the second pass."""
    read, write, execute, _ = mapping
    return 0x010D0000 | write & ~(read | execute)


def descriptor(sddl, mapping):
    """The descriptor, its masks mapped; without a list it is a NULL DACL."""
    parsed = security.descriptor.from_sddl(sddl, NO_DOMAIN)
    if parsed.dacl is None:
        parsed.type |= PRESENT
        return parsed
    acl = parsed.dacl
    aces = acl.aces
    for ace in aces:
        ace.access_mask = mapped(ace.access_mask, mapping)
    acl.aces = aces
    parsed.dacl = acl
    return parsed


def token(sids, privileges):
    """A token of these SIDs."""
    made = security.token()
    made.sids = [security.dom_sid(sid) for sid in sids]
    made.num_sids = len(sids)
    for name in privileges:
        made.set_privilege(PRIVILEGES[name])
    return made


def check(protects, who, want):
    """What is granted, or none."""
    try:
        return access_check(protects, who, want)
    except NTSTATUSError:
        return None


def answer(question):
    """What is granted, or none."""
    mapping = MAPPINGS[question["object"]]
    want = mapped(int(question["want"], 16), mapping)
    protects = descriptor(question["sddl"], mapping)
    held = question["token"]
    privileges = held.get("privileges", [])
    enabled = [sid for sid, state in held["groups"] if state == "enabled"]
    first = check(protects, token([held["user"], *enabled], privileges), want)
    restricting = held.get("restricting")
    if restricting is None or first is None:
        return first
    writes = write_bits(mapping)
    writes_only = held.get("write_restricted", False)
    # What a privilege gives skips both passes, and so does not send the rest to the second.
    given = sum(bit for name, bit in GIVEN.items() if name in privileges)
    if writes_only and not want & ~given & (writes | MAXIMUM_ALLOWED):
        return first
    if want & MAXIMUM_ALLOWED and writes_only:
        # Only the bits that write need both passes.
        second = check(protects, token(restricting, privileges), want & (writes | MAXIMUM_ALLOWED))
        return None if second is None else first & (second | ~writes & 0xFFFFFFFF)
    second = check(protects, token(restricting, privileges), want)
    return None if second is None else first & second


def main():
    """A line for a line."""
    out = []
    for line in sys.stdin:
        mask = answer(json.loads(line))
        out.append("-\n" if mask is None else f"{mask:08x}\n")
    sys.stdout.write("".join(out))


main()
