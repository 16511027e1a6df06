"""Stories of an operator that misbehaves, with the log's own key, and of what it lets its participants do."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from tests.support.people import NotePen, Pen, ring
from tests.support.scenes import DAY, Scene, Story, drill, grow, in_place, log_other, story, value_of
from tests.support.simulated_log import OFFICE, ORIGIN, TYPES
from verifier import record
from verifier.exits import Exit
from verifier.formats import canonical, checkpoint, note
from verifier.history import next_head

STORIES: list[Story] = []
told = partial(story, STORIES)
SCOPE = sorted(set(TYPES) - {"key-change", "depositary-notice"})


@told(Exit.BREACH, ("record.received", 656), ("record.backdated", 656))
def a_record_is_dated_days_before_the_one_before_it(scene: Scene) -> None:
    log_other(scene.log, received=scene.log.clock - 10 * DAY)
    grow(scene.log, 5)
    scene.write()


@told(Exit.BREACH, ("record.backdated", 656))
def a_record_is_dated_before_a_checkpoint_that_lacks_it(scene: Scene) -> None:
    start = scene.log.clock
    for _ in range(3):
        scene.log.checkpoint(pause=1200)
    log_other(scene.log, received=start)
    grow(scene.log, 5)
    scene.write()


@told(Exit.BREACH, ("record.backdated", 656), ("record.received", 657))
def a_record_is_dated_in_the_future(scene: Scene) -> None:
    log_other(scene.log, received=scene.log.clock + 10 * DAY)
    grow(scene.log, 70)
    scene.write()


@told(Exit.CONTRADICTION, ("log.fork", None))
def the_history_holds_two_signed_views_of_one_size(scene: Scene) -> None:
    log = scene.log
    log.announce("XA")
    log.history.append(log.sign(len(log.records), b"\x07" * 32, cosigned=()))
    log.head = next_head(log.head, log.history[-1])
    log.checkpoint()
    grow(log, 5)
    scene.write()


@told(Exit.CONTRADICTION, ("log.fork", None), ("record.history", 485), ("witness.split-view", None),
       follows="statement.previous statement.gap receipt.invalid")  # fmt: skip
def a_past_that_was_signed_is_rewritten(scene: Scene) -> None:
    """The operator replaces record 400 and signs anew; it cannot make its own earlier signature disappear."""
    log = scene.log
    signed = [raw for raw in log.history if checkpoint.parse(raw).size > 400]
    one = record.parse(log.records[400])
    envelope = log.envelope(value_of(one) | {"title": "Another text"})
    log.rewrite(400, in_place(log, 400, envelope))
    log.clock += 60
    log.history = [raw for raw in log.history if raw not in signed]
    log.history += [log.sign(size, log.root(size)) for size in (500, 656)]
    log.history.insert(-2, signed[0])
    scene.write()


@told(Exit.BAD_SIGNATURE)
def the_checkpoint_is_signed_with_a_wrong_key(scene: Scene) -> None:
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519, "another key")
    scene.log.checkpoint()
    scene.write()
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519)


@told(Exit.BREACH, ("history.signature", None))
def a_history_entry_is_signed_with_a_wrong_key(scene: Scene) -> None:
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519, "another key")
    scene.log.announce("XA")
    scene.log.checkpoint()
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519)
    grow(scene.log, 3)
    scene.write()


@told(Exit.BREACH, ("statement.ledger", 656))
def a_statement_of_another_ledger_is_replayed(scene: Scene) -> None:
    value = scene.log.draft("XC", "drill-announcement", drill(), ledger="another.example/ledger")
    scene.log.log(scene.log.envelope(value), {**value, "party": "none"})
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("statement.conflict", 657))
def a_party_says_two_things_under_one_number(scene: Scene) -> None:
    chain = dict(scene.log.chains)
    scene.log.announce("XC", 1)
    scene.log.chains = chain
    scene.log.announce("XC", 2)
    grow(scene.log, 3)
    scene.write()


@told(Exit.BREACH, ("statement.logged", 657))
def a_statement_is_logged_twice(scene: Scene) -> None:
    scene.log.announce("XC", 1)
    scene.log.records.append(scene.log.chained(record.parse(scene.log.records[656])))
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("statement.gap", 656))
def a_number_is_left_out(scene: Scene) -> None:
    log_other(scene.log, sequence=7)
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("statement.previous", 656))
def a_statement_continues_another_one_than_the_last(scene: Scene) -> None:
    log_other(scene.log, previous="ab" * 32)
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("statement.type", 656))
def a_statement_of_an_unknown_type_is_admitted(scene: Scene) -> None:
    log_other(scene.log, type="declaration-of-love")
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("statement.schema", 656))
def a_statement_that_breaks_its_schema_is_admitted(scene: Scene) -> None:
    log_other(scene.log, body={**drill(), "start": "soon"})
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("statement.relation", 656), ("statement.relation", 657))
def relations_to_a_missing_and_to_a_later_statement_are_admitted(scene: Scene) -> None:
    log = scene.log
    log_other(log, relates=[{"rel": "follows", "statement": "ab" * 32}])
    later = log.draft("XC", "drill-announcement", drill())
    log_other(log, relates=[{"rel": "follows", "statement": sha256(canonical.encode(later)).hexdigest()}])
    log.log(log.envelope(later), later)
    grow(log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("signer.revoked", 658))
def a_revoked_key_is_let_through(scene: Scene) -> None:
    log = scene.log
    log.announce("XC")
    log.revoke("XC", log.pen("XC"))
    log.announce("XC")
    grow(log, 3)
    scene.write()


@told(Exit.BREACH, ("signer.unknown", 656))
def a_key_that_is_not_authorised_yet_is_let_through(scene: Scene) -> None:
    log, new = scene.log, Pen("XC new")
    value = log.draft("XC", "drill-announcement", drill(), signers=[new.id])
    log.log(log.envelope(value, new), {**value, "party": "none"})
    log.key_change("XC", rings=ring([new], {OFFICE: (SCOPE, [new, log.pen("XC")])}))
    log.log(log.envelope(value | {"title": "Now in force"}, new), value)
    grow(log, 3)
    scene.write()


@told(Exit.BREACH, ("statement.scope", 656))
def an_office_goes_beyond_its_scope(scene: Scene) -> None:
    log = scene.log
    body: dict[str, object] = {name: [] for name in ("keys", "signers", "offices", "revoked", "confirmed")}
    body |= {"action": "revoke", "reason": "x", "root": None}
    value = log.draft("XC", "key-change", body)
    log.log(log.envelope(value), {**value, "party": "none"})
    grow(log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("signer.threshold", 657))
def one_signer_stands_where_two_are_due(scene: Scene) -> None:
    log, second = scene.log, Pen("XC second")
    rows = ring([second], {OFFICE: (SCOPE, [second, log.pen("XC")])})
    rows["offices"][0]["threshold"] = 2
    log.key_change("XC", rings=rows)
    value = log.draft("XC", "drill-announcement", drill())
    log.log(log.envelope(value), {**value, "party": "none"})
    both = value | {"signers": sorted([second.id, log.pen("XC").id])}
    log.log(log.envelope(both, second, log.pen("XC")), both)
    grow(log, 3)
    scene.write()


@told(Exit.BREACH, ("signer.expired", 657))
def a_key_is_used_after_its_dates(scene: Scene) -> None:
    log = scene.log
    rows = ring([], {OFFICE: (SCOPE, [log.pen("XC")])})
    rows["offices"][0]["signers"][0]["not_after"] = "2025-01-01T00:00:00Z"
    log.key_change("XC", rings=rows)
    log.announce("XC")
    grow(log, 3)
    scene.write()


@told(Exit.BREACH, ("envelope.signatures", 656))
def a_signature_too_many_is_let_through(scene: Scene) -> None:
    value = scene.log.draft("XC", "drill-announcement", drill())
    scene.log.log(scene.log.envelope(value, scene.log.pen("XC"), scene.log.pen("XB")), {**value, "party": "none"})
    grow(scene.log, 3, "XC")
    scene.write()


@told(Exit.BREACH, ("record.history", 656))
def a_record_commits_to_another_history(scene: Scene) -> None:
    log_other(scene.log, head="cd" * 32)
    grow(scene.log, 3)
    scene.write()


@told(Exit.BREACH, ("record.history", 656))
def a_record_commits_to_more_history_than_there_is(scene: Scene) -> None:
    log_other(scene.log, count=500)
    grow(scene.log, 3)
    scene.write()


@told(Exit.BREACH, ("record.history", 657))
def a_record_commits_to_less_history_than_the_one_before(scene: Scene) -> None:
    scene.log.announce("XA")
    log_other(scene.log, count=1, head=next_head("0" * 64, scene.log.history[0]))
    grow(scene.log, 3)
    scene.write()


@told(Exit.BREACH, ("history.silence", None))
def the_log_falls_silent_for_longer_than_the_charter_allows(scene: Scene) -> None:
    scene.log.clock += 3 * DAY
    grow(scene.log, 3)
    scene.write()


@told(Exit.BREACH, ("history.missing", 656))
def the_history_skips_a_signed_checkpoint(scene: Scene) -> None:
    statement = scene.log.announce("XC")
    hidden = scene.log.sign(len(scene.log.records), scene.log.root())
    scene.receipts.append(scene.log.receipt(statement, hidden))
    grow(scene.log, 3)
    scene.write()


@told(Exit.CONTRADICTION, ("log.omission", 656), ("log.fork", None), follows="witness.split-view")
def a_record_with_a_receipt_is_kept_back(scene: Scene) -> None:
    log = scene.log
    kept = log.announce("XC")
    log.announce("XC")
    log.checkpoint()
    scene.receipts.append(log.receipt(kept))
    shown = scene.log = log.copy()
    shown.records, shown.history = log.records[:656], log.history[:-1]
    shown.head = "0" * 64
    for raw in shown.history:
        shown.head = next_head(shown.head, raw)
    shown.chains = {**log.chains, ("XC", OFFICE): (0, log.charter_id)}
    grow(shown, 8)
    scene.write()


@told(Exit.QUORUM_UNMET)
def the_checkpoint_has_too_few_cosignatures(scene: Scene) -> None:
    scene.log.announce("XA")
    scene.log.checkpoint(cosigned=(1,))
    scene.write()


@told(Exit.BREACH, ("history.policy", None))
def a_change_of_policy_is_not_honoured(scene: Scene) -> None:
    """The amendment asks for all three witnesses; the operator goes on with two."""
    log = scene.log
    log.amend(policy=log.policy_text.replace("group neutral 2", "group neutral 3"))
    log.announce("XC")
    log.checkpoint()
    log.announce("XC")
    log.checkpoint(cosigned=(0, 1))
    scene.write()


@told(Exit.BREACH, ("history.policy", None))
def a_receipt_was_given_under_the_old_policy_alone(scene: Scene) -> None:
    """The operator mends its ways before it is looked at; the receipt remembers."""
    log = scene.log
    log.amend(policy=log.policy_text.replace("group neutral 2", "group neutral 3"))
    said = log.announce("XC")
    log.checkpoint()
    said = log.announce("XC")
    log.checkpoint(cosigned=(0, 1))
    scene.receipts.append(log.receipt(said))
    grow(log, 2)
    scene.write()


@told(Exit.BREACH, ("history.signature", None))
def a_change_of_log_keys_is_not_honoured(scene: Scene) -> None:
    """The old key signs on alone, beyond the first checkpoint that covers the change."""
    log = scene.log
    old, new = log.log_pen, NotePen(ORIGIN, note.ED25519, "second log key")
    log.amend(policy=log.policy_text.replace(old.key.vkey, new.key.vkey), log_keys=[new.key.vkey])
    log.announce("XC")
    text = checkpoint.body(ORIGIN, len(log.records), log.root())
    cosigned = note.parse(log.sign(len(log.records), log.root())).signatures
    both = note.Note(text, (*cosigned, new.signature(text, ORIGIN, len(log.records), log.root(), 0))).raw
    log.history.append(both)
    log.head = next_head(log.head, both)
    log.clock += 60
    grow(log, 3, "XC")
    scene.write()
