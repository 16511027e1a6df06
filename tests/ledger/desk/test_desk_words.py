"""The reader's language at the desk: labels, help and errors in it, whatever language the statement is in."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ledger import cli
from verifier import vocabulary
from verifier.exits import Exit

LANGUAGES = ("ar", "es", "fr", "ru", "zh")


def call(*args: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(args, stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_type_is_explained_in_the_readers_language(language: str) -> None:
    labels = vocabulary.load().labels(language)
    _, listed, _ = call("--words", language, "types")
    _, told, _ = call("--words", language, "types", "drill-announcement")
    assert labels["types"]["near-miss"]["label"] in listed
    assert labels["families"]["drills"] in listed
    assert labels["types"]["drill-announcement"]["help"] in told
    assert labels["fields"]["deconfliction"]["help"] in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_with_a_draft_is_told_in_it_with_its_place(language: str, tmp_path: Path) -> None:
    words = vocabulary.load().labels(language)["sentences"]
    example = {**vocabulary.load().example("retraction"), "signers": ["0" * 64], "previous": "0" * 64, "sequence": 1}
    body = {**example["body"], "more": 1}
    described = {**example, "body": body, "ledger": "accord.example/ledger"}
    (tmp_path / "draft.json").write_text(json.dumps(described))
    code, _, told = call(
        *("--words", language, "draft", "retraction", "--from", str(tmp_path / "draft.json")),
        *("--out", str(tmp_path / "out.json"), "--ledger-name", "accord.example/ledger"),
    )
    assert code == Exit.MALFORMED
    assert words["unknown"].replace("{member}", '"more"') in told
    assert "/body" in told
    assert not (tmp_path / "out.json").exists()


def test_the_language_is_that_of_one_command_alone() -> None:
    _, before, _ = call("types")
    call("--words", "ru", "types")
    assert call("types")[1] == before


def test_a_language_without_words_is_told_in_english() -> None:
    assert call("--words", "tlh", "types")[1] == call("types")[1]
