"""Stories of addressees and relations: what a statement may point at."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.support.accord import OTHER, ROOT, Accord, to
from tests.support.stories import story
from verifier import vocabulary

RELATIONS = "FORMAT.md, Relations"
REASON = {"reason": "It named a body that was dissolved."}


def correction() -> dict[str, Any]:
    return dict(vocabulary.load().example("correction")["body"])


@story(RELATIONS)
def addressees_are_in_the_registry(a: Accord) -> None:
    a.found("XA")
    a.say("XA", addressees=["VN", "XB"])
    a.refuse("statement.addressee", "/addressees", "XA", addressees=["XB", "XZ"])


@story(RELATIONS)
def a_retraction_takes_back_one_s_own(a: Accord) -> None:
    a.found()
    own, other = a.say("XA"), a.say("XB")
    a.refuse("statement.relation", "/relates/0", "XA", "retraction", REASON, relates=to("retracts", other))
    a.refuse("statement.relation", "/relates/0", "XA", "retraction", REASON, relates=to("retracts", OTHER))
    a.refuse("statement.relation", "/relates/0", "XA", "retraction", REASON, relates=to("corrects", own))
    a.refuse("statement.relation", "/relates", "XA", "retraction", REASON)
    a.refuse("statement.relation", "/relates", "XA", "retraction", REASON, relates=to("retracts", own, other))
    again = a.say("XA", "retraction", REASON, relates=to("retracts", own))
    a.say("XA", "retraction", REASON, relates=to("retracts", again))


@story(RELATIONS)
def a_correction_corrects_one_s_own(a: Accord) -> None:
    a.found()
    own, other = a.say("XA"), a.say("XB")
    a.refuse("statement.relation", "/relates/0", "XA", "correction", correction(), relates=to("corrects", other))
    a.refuse("statement.relation", "/relates", "XA", "correction", correction())
    a.say("XA", "correction", correction(), relates=to("corrects", own))


@story("FORMAT.md, Relations: statements of earlier records")
def a_relation_to_what_was_refused(a: Accord) -> None:
    a.found()
    lost = a.draft("XA", addressees=["XZ"])
    a.refused("statement.addressee", "/addressees", lost)
    own = a.draft("XA", "retraction", REASON, relates=to("retracts", sha256(lost.payload).hexdigest()))
    a.refused("statement.relation", "/relates/0", own)
    charter = to("retracts", a.charter_id or "")
    a.refuse("statement.relation", "/relates/0", "XA", "retraction", REASON, relates=charter)
    accession = a.chains["XA", ROOT][1]
    a.say("XA", "retraction", REASON, relates=to("retracts", accession))
