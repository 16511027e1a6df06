"""What every STIX bundle of ours holds besides statements: who exported, how our extension is to be read, the TLP marking.

Constants, so that one id always names one content. The marking is the object that OASIS published for TLP 2.0
(cti-stix-common-objects, extension-definition-specifications/tlp-2.0): stix2 knows the colours of TLP 1 alone. What is
readable on a public log is TLP:CLEAR in fact, so there is no other; the labels of sealed parts stand in the extension.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

SPACE = UUID("c97837bd-0aaa-4d42-a4fb-41d83ac231b4")
"""The name space of the ids; a ledger's name makes its own space within."""
EXTENSION = "extension-definition--46183e96-eb0b-4c4e-be1b-61dd8042f9c4"
_WRITTEN = "2026-11-24T00:00:00.000Z"
"""When this form was written: the stamp of what never changes."""

_TLP_2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
CLEAR: dict[str, Any] = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "created": "2022-10-01T00:00:00.000Z",
    "name": "TLP:CLEAR",
    "extensions": {_TLP_2: {"extension_type": "property-extension", "tlp_2_0": "clear"}},
}
EXPORTER: dict[str, Any] = {
    "type": "identity",
    "spec_version": "2.1",
    "id": "identity--43de2d3b-ef45-46b1-9492-944cffca4762",
    "created": _WRITTEN,
    "modified": _WRITTEN,
    "name": "Detente exports",
    "description": "A program that copies what states said on a ledger. It is the author of none of it and attributes nothing.",
    "identity_class": "system",
    "object_marking_refs": [CLEAR["id"]],
}
_SCHEMA = (
    "Members: ledger, record (index), statement (hex SHA-256 of its payload: its id), statement_type, party (code in the "
    "ledger's registry), office, issued (the state's claimed time), language; where there is any: exercise (the drill "
    "that it rehearses for: nothing of it is real), addressees, relates [{rel, statement}], sealed [{pointer, tlp, opens}] "
    "(what the statement only commits to), codes (members of its body in the codes of the vocabulary: class is of the "
    "Reference Security Incident Taxonomy, severity 0 to 5 of the US Cyber Incident Severity Schema of 2016, confidence "
    "low, moderate or high), names (what the catalogues call class and severity)."
)
DEFINITION: dict[str, Any] = {
    "type": "extension-definition",
    "spec_version": "2.1",
    "id": EXTENSION,
    "created_by_ref": EXPORTER["id"],
    "created": _WRITTEN,
    "modified": _WRITTEN,
    "name": "Detente statement",
    "description": "Where an object comes from: the statement on a ledger, its record, and what it says in codes.",
    "schema": _SCHEMA,
    "version": "1.0.0",
    "extension_types": ["property-extension"],
    "object_marking_refs": [CLEAR["id"]],
}
OBJECTS = (CLEAR, EXPORTER, DEFINITION)
