"""`detente-verify tree`: its exit codes, its answers in words and as JSON, its sources."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.people import NotePen
from tests.support.simulated_log import write_files
from verifier import merkle
from verifier.cli import run
from verifier.exits import Exit
from verifier.formats import checkpoint, note

PEN = NotePen("elsewhere.example/log", note.ED25519)
SIZE = 20_000
"""More than one run of bundles, so that processes take part."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("log")
    rows = [b"%d" % n for n in range(SIZE)]
    root = merkle.subtree_root(merkle.leaf_hashes(rows))
    text = checkpoint.body(PEN.name, SIZE, root)
    write_files(directory, rows, [note.Note(text, (PEN.signature(text, PEN.name, SIZE, root, 0),)).raw])
    return directory


@contextmanager
def replaced(path: Path, content: bytes | None) -> Iterator[None]:
    """Another content for a file (None: none) while a test looks."""
    kept = path.read_bytes()
    path.unlink()
    try:
        if content is not None:
            path.write_bytes(content)
        yield
    finally:
        path.write_bytes(kept)


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON object of a run, which must agree."""
    code = run(["tree", *arguments, "--json"])
    value = orjson.loads(capsys.readouterr().out)
    assert value["exit"] == code
    assert value["command"] == "tree"
    return code, value


@pytest.mark.parametrize("processes", ["0", "1", "2"])
def test_good_log(log: Path, capsys: pytest.CaptureFixture[str], processes: str) -> None:
    code, value = asked(capsys, str(log), "--vkey", PEN.key.vkey, "--processes", processes, "--offline")
    assert code == Exit.GOOD
    assert [check["ok"] for check in value["checks"]] == [True, True, True]
    assert (value["origin"], value["size"], value["minimum"], value["counts"]) == (PEN.name, SIZE, 0, {})
    assert value["signed"] == {PEN.key.vkey: 0}


def test_words(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tree", str(log), "--vkey", PEN.key.vkey]) == Exit.GOOD
    told = capsys.readouterr()
    assert f"over {SIZE} entries, and every tile" in told.out
    assert "verdict: good (exit 0)" in told.out
    assert told.err == ""  # no progress where nobody is looking


def test_findings(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = log / "tile/entries/070"
    with replaced(bundle, bundle.read_bytes().replace(b"17923", b"00000")):
        code, value = asked(capsys, str(log), "--vkey", PEN.key.vkey, "--processes", "2")
    assert code == Exit.BREACH
    assert [(one["code"], one["index"]) for one in value["findings"]] == [("tile.leaf", 17_923)]
    assert all(one["next"] for one in value["findings"])


def test_entries_that_are_not_served(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with replaced(log / "tile/entries/000", None):
        code, value = asked(capsys, str(log), "--vkey", PEN.key.vkey)
        assert (code, value["minimum"], value["findings"]) == (Exit.UNDECIDABLE, 256, [])
        code, value = asked(capsys, str(log), "--vkey", PEN.key.vkey, "--no-entries")
        assert code == Exit.GOOD


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["--vkey", PEN.key.vkey, "--origin", "other.example/log"], "tree.origin", Exit.BAD_SIGNATURE),
        (["--vkey", PEN.key.vkey, "--vkey", NotePen(PEN.name, 6).key.vkey], "tree.unsigned", Exit.BAD_SIGNATURE),
        (["--vkey", NotePen(PEN.name, 1, "another").key.vkey], "tree.unsigned", Exit.BAD_SIGNATURE),
        (["--vkey", "elsewhere.example/log+00000000+AQ=="], "vkey.malformed", Exit.MALFORMED),
        ([], "usage", Exit.USAGE),
    ],
)
def test_refusals(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str, exit_code: Exit
) -> None:
    found, value = asked(capsys, str(log), *arguments)
    assert (found, value["fault"]["code"]) == (exit_code, code)
    assert value["fault"]["next"]


def test_false_signature_and_malformed_checkpoint(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = (log / "checkpoint").read_bytes()
    for changed, code in [
        (raw.replace(b"\n20000\n", b"\n20001\n"), Exit.BAD_SIGNATURE),
        (raw.replace(b"\n20000\n", b"\n020000\n"), Exit.MALFORMED),
        (raw[:-1], Exit.MALFORMED),
        (None, Exit.NETWORK),
    ]:
        with replaced(log / "checkpoint", changed):
            assert asked(capsys, str(log), "--vkey", PEN.key.vkey)[0] == code


def test_sources(log: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"{}\n")
    for location, code, exit_code in [
        ("http://127.0.0.1:1/log", "source.offline", Exit.USAGE),
        (str(tmp_path / "nothing"), "source.missing", Exit.NETWORK),
        (str(tmp_path / "dump"), "audit.no-checkpoint", Exit.UNDECIDABLE),
    ]:
        found, value = asked(capsys, location, "--vkey", PEN.key.vkey, "--offline")
        assert (found, value["fault"]["code"]) == (exit_code, code)


class _Quiet(SimpleHTTPRequestHandler):
    """A static server, as C2SP logs have; where `down`, it is out of order for one path."""

    down = ""

    def do_GET(self) -> None:
        if self.path == self.down:
            self.send_error(500)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(directory: Path, down: str = "") -> Iterator[str]:
    handler = type("Handler", (_Quiet,), {"down": down})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_over_http(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(log) as url:
        code, value = asked(capsys, url, "--vkey", PEN.key.vkey, "--processes", "2")
    assert (code, value["size"]) == (Exit.GOOD, SIZE)


def test_server_that_fails_midway(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(log, "/tile/entries/066") as url:
        code, value = asked(capsys, url, "--vkey", PEN.key.vkey, "--processes", "2")
    assert code == Exit.NETWORK
    assert [(one["code"], one["index"]) for one in value["findings"]] == [("source.unreachable", 16_384)]
    assert value["checks"][-1] == {"name": "tree", "ok": None, "detail": "audited as far as entry 16384"}
