"""Any value in any place of a description or a state: a fault with its place, or a draft; never a crash, never half a file."""

from __future__ import annotations

import copy
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.desk.desk_world import LEDGER, World, call, write_draft
from verifier import vocabulary
from verifier.formats import canonical

ODD: tuple[Any, ...] = (None, 5, "x", [], {}, [5], {"a": 5}, True)


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*path, name))


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    found = copy.deepcopy(value)
    here = found
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = odd
    return found


def test_a_charters_description(world: World, tmp_path: Path) -> None:
    out = tmp_path / "charter.json"
    source = world.home / "hostile.yaml"
    description = world.description
    description["body"] |= {
        "quorum": 2,
        "terms": {"withdrawal_notice": "P180D"},
        "matrix": [{"office": "root", "families": ["promises"], "types": ["charter"]}],
    }
    for n, path in enumerate(places(description)):
        for odd in ODD[n % 2 :: 2]:
            source.write_bytes(canonical.encode(changed(description, path, odd)))
            result = call("charter", "new", source, "--out", out)
            if result.code == 0:
                out.unlink()
            else:
                assert "code:  " in result.err, (path, odd, result.err)
            assert not out.exists()
    source.unlink()


@pytest.mark.parametrize("name", ["accession", "key-change", "drill-announcement", "pledge"])
def test_a_statements_description(world: World, tmp_path: Path, name: str) -> None:
    source, out = tmp_path / "d.json", tmp_path / "out.json"
    body = json.loads(json.dumps(vocabulary.load().example(name)["body"]))
    whole: dict[str, Any] = {"party": "XA", "office": "root", "title": "T", "language": "en", "body": body}
    whole |= {
        "addressees": ["XB"],
        "relates": [],
        "exercise": None,
        "sealed": [],
        "attachments": [],
        "issued": "2026-05-28T20:00:00Z",
    }
    chain = ["--ledger-name", LEDGER, "--sequence", "0", "--previous", "ab" * 32, "--signer", world.ids["xa"]]
    found = [path for path in places(whole) if len(path) < 5]
    for n, path in enumerate(found):
        for odd in ODD[n % 2 :: 2]:
            source.write_bytes(canonical.encode(changed(whole, path, odd)))
            result = call("draft", name, "--from", source, *chain, "--out", out)
            if result.code == 0:
                assert call("lint", out).code in (0, 3)
                out.unlink()
            else:
                assert "code:  " in result.err, (path, odd, result.err)
            assert not out.exists()


def test_a_state_file(world: World, tmp_path: Path) -> None:
    draft, path = write_draft(tmp_path / "d.json", world), tmp_path / "state.json"
    value = world.state()
    for n, place in enumerate(places(value)):
        for odd in ODD[n % 2 :: 2]:
            path.write_bytes(canonical.encode(changed(value, place, odd)))
            result = call("lint", draft, "--state", path)
            assert result.code in (0, 3), (place, odd, result.err)


def test_a_draft_to_lint_and_to_sign(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.json", world)
    value = canonical.parse(draft.read_bytes())
    charter = ["--charter", world.home / "charter.envelope.json"]
    for n, place in enumerate(places(value)):
        for odd in ODD[n % 2 :: 2]:
            draft.write_bytes(canonical.encode(changed(value, place, odd)))
            assert call("lint", draft, *charter).code in (0, 3)
            if n % 8 == 0:
                result = call("sign", draft, "--key", world.keys["second"], "--yes")
                assert "code:  " in result.err
    assert [one.name for one in tmp_path.iterdir()] == ["d.json"]
