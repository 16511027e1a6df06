"""What is found wrong, however grave and on whomever, does not stop the copy: the records come in, and every page says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import source
from verifier import merkle
from verifier.audit import Finding, Report, audit
from verifier.errors import Fault
from verifier.history import next_head
from web.explorer import Copy


def finding(*found: Finding) -> Callable[..., Report]:
    """The audit, which finds something more."""

    def run(*given: Any, **options: Any) -> Report:
        report = audit(*given, **options)
        report.findings.extend(found)
        return report

    return run


def caught_up(site: Site, run: Callable[..., Report] = audit) -> int:
    """A copy that takes in one more record, while the audit finds what `run` finds; how many records it has then."""
    site.world.announce("XA", 1)
    site.world.checkpoint()
    site.world.write(site.log)
    Copy(site.copy.path.parent, run=run).catch_up(source(site.log), site.world.trust, now=site.world.clock)
    site.now[0] = site.world.clock + 60
    with site.copy.view() as view:
        return view.size


@pytest.mark.parametrize(
    ("code", "index", "words"),
    [
        ("witness.backwards", None, "clock went backwards"),
        ("witness.split-view", None, "A witness cosigned two views"),
        ("party.two-texts", 4, "A participant signed two texts under one number"),
        ("views.undecided", None, "The audit has 1 finding."),
        ("vocabulary.unknown", 4, "The audit has 1 finding."),
        ("quorum.unmet", None, "The audit has 1 finding."),
        ("record.backdated", 4, "The audit has 1 finding."),
    ],
)
def test_a_finding_is_said_on_every_page_and_keeps_nothing_out(
    own: Site, code: str, index: int | None, words: str
) -> None:
    found = Finding(code, index, "what was found", {"name": "tessaly.example"})
    assert caught_up(own, finding(found)) == len(own.world.records)
    for page in ("/", "/statements", "/help", "/s/{drill}".format(**own.ids)):
        text = own.text(page)
        assert "The audit has 1 finding." in text
        assert words in text
        assert "The last audit did not end well" not in text
    ledger = own.text("/ledger")
    assert code in ledger
    assert "what was found" in ledger
    assert "It concerns whoever it names" in ledger
    warnings = (own.client.get("/index.json").json or {})["health"]["warnings"]
    assert [one["code"] for one in warnings] == ["audit.findings"]


def test_a_contradiction_beside_records_that_hold_is_said_for_ever(own: Site) -> None:
    found = Finding("log.omission", None, "a receipt shows another leaf", {"index": 3})
    assert caught_up(own, finding(found)) == len(own.world.records)
    assert "The ledger contradicts itself" in own.text("/help")
    assert "a receipt shows another leaf" in own.text("/ledger")
    assert caught_up(own) == len(own.world.records)
    assert "The ledger contradicts itself" in own.text("/help")
    assert (own.client.get("/index.json").json or {})["contradiction"] is True


def test_a_witness_whose_clock_goes_backwards_is_found_and_the_records_are_shown(own: Site) -> None:
    """No word of this is made up: a late cosignature from the future, then one of a larger size dated before it."""
    world = own.world
    late = world.sign(len(world.records), world.root(), cosigned=(2,), delay=1800)
    world.history.append(late)
    world.head = next_head(world.head, late)
    world.announce("XA", 1)
    world.checkpoint(pause=7200)
    assert caught_up(own) == len(world.records)
    text = own.text("/ar/")
    assert own.client.get("/index.json").json is not None
    assert "witness.backwards" in own.text("/ledger")
    assert "clock went backwards" in own.text("/")
    assert "رجعت ساعة أحد الشهود" in text
    assert own.text("/s/{drill}".format(**own.ids))


def test_a_run_that_a_source_cut_short_is_tried_again(own: Site) -> None:
    with pytest.raises(Fault) as refused:
        caught_up(own, finding(Finding("audit.stopped", None, "the line went dead")))
    assert refused.value.code == "explorer.not-shown"
    assert "The audit has" not in own.text("/")
    assert caught_up(own) == len(own.world.records)
    assert "did not end well" not in own.text("/")


def test_the_copys_own_tree_decides_what_is_shown(own: Site) -> None:
    """An audit that calls a false root good is not believed: the copy has a tree of its own."""

    def credulous(*given: Any, **options: Any) -> Report:
        report = audit(*given, **options)
        assert report.checkpoint is not None
        object.__setattr__(report.checkpoint, "root", b"\x01" * merkle.HASH_SIZE)
        report.findings.clear()
        return report

    before = len(own.world.records)
    with pytest.raises(Fault) as refused:
        caught_up(own, credulous)
    assert refused.value.code == "explorer.not-shown"
    with own.copy.view() as view:
        assert view.size == before


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 300, 511, 512, 515])
def test_the_tree_of_the_copy_has_the_root_of_its_leaves(size: int, own: Site) -> None:
    from sqlite_utils import Database

    from web.explorer.copy import schema
    from web.explorer.copy.filling import Edge

    db = Database(memory=True)
    schema.create(db)
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(size)]
    edge = Edge(db, 0)
    for leaf in leaves:
        edge.append(leaf)
    assert edge.root() == merkle.subtree_root(leaves) if leaves else merkle.EMPTY_ROOT
    edge.flush()
    db.conn.commit()
    assert Edge(db, size).root() == edge.root()
