"""The rights that the contract gives the roles."""

from __future__ import annotations

from typing import NamedTuple

OWNER, LOADER = "fleetfeed_owner", "fleetfeed_loader"
READER, DISPATCHER = "fleetfeed_reader", "fleetfeed_dispatcher"
GROUPS = (OWNER, LOADER, READER, DISPATCHER)
EVERYBODY = "PUBLIC"
# Kinds of objects on which a right of PUBLIC is enough; EXECUTE on functions is revoked from PUBLIC.
SHARED = ("SCHEMA", "DATABASE")
_OWNERS_ONLY = ("tickets.bulk_loads",)  # SQL that a function of the owner runs
_DISPATCHERS = (  # functions that write what a dispatcher may
    *("tickets.take_positions(", "tickets.holds(", "tickets.hold_dispatch(", "tickets.end_hold("),
    "tickets.save_plan(",
)


class Object(NamedTuple):
    """An object to grant rights on; each of `rights` is like `PUBLIC EXECUTE`."""

    kind: str
    oid: int
    schema: str
    name: str
    owner: str
    rights: list[str]

    @property
    def grantable(self) -> str:
        """The object's name, as GRANT takes it."""
        return f"{'TABLE' if self.kind == 'VIEW' else self.kind} {self.name}"


def wanted(item: Object, role: str) -> tuple[str, ...]:
    """Return the rights that the contract gives a role on an object."""
    ours = item.schema in ("tickets", "reporting")
    if role == OWNER:
        return ("USAGE",) if item.kind == "SCHEMA" and not ours else ()
    if item.name in _OWNERS_ONLY:
        return ()
    if role == LOADER:
        rights = {
            "DATABASE": ("CONNECT", "TEMPORARY"),
            "SCHEMA": ("USAGE",) if item.schema != "reporting" else (),
            "TABLE": ("SELECT", "INSERT", "UPDATE"),
            "VIEW": ("SELECT",),
            "ROUTINE": ("EXECUTE",),
        }
        return rights[item.kind] if item.schema != "reporting" else ()
    if role == DISPATCHER:
        rights = {
            "DATABASE": ("CONNECT",),
            "SCHEMA": ("USAGE",) if item.schema == "tickets" else (),
            "TABLE": (),
            "VIEW": (),
            "ROUTINE": ("EXECUTE",) if item.name.startswith(_DISPATCHERS) else (),
        }
        return rights[item.kind]
    rights = {
        "DATABASE": ("CONNECT",),
        "SCHEMA": ("USAGE",) if ours else (),
        "TABLE": (),
        "VIEW": ("SELECT",) if item.name.endswith("_open_sla") else (),
        "ROUTINE": ("EXECUTE",) if item.schema == "reporting" else (),
    }
    return rights[item.kind]


def is_granted(item: Object, role: str, right: str) -> bool:
    """Whether a role has a right that `wanted` names."""
    shared = item.kind in SHARED and f"{EVERYBODY} {right}" in item.rights
    return shared or f"{role} {right}" in item.rights
