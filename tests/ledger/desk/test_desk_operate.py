"""The depositary's commands: a ledger begins whole or not at all; an export is what the live log publishes; a dump chains."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import ledger_directory
from ledger.desk import secret_keys as sk
from ledger.log import Log, Logged
from ledger.publish import Publisher
from ledger.signer import LogSigner, cosigner
from ledger.witness_client import Answer
from ledger.witnesses import WitnessPool
from tests.ledger.desk.desk_world import LEDGER, NOW, PASSPHRASE, World, build, call
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import note, tiles
from verifier.witness import Known, Witness

YEARS = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2029-01-01T00:00:00Z"}


class Memory:
    """A witness's state, in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}

    def load(self, origin: str) -> Known | None:
        return self.known.get(origin)

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        assert self.known.get(origin) == old
        self.known[origin] = new


@pytest.fixture
def data(tmp_path: Path) -> Path:
    result = call("init", tmp_path / "ledger", "--origin", LEDGER, "--post-quantum")
    assert result.code == 0, result.err
    return tmp_path / "ledger"


@pytest.fixture
def running(data: Path, tmp_path: Path) -> Iterator[tuple[Log, World]]:
    """A log over the directory that `init` made, with one witness in this process, and its charter's keys."""
    home = tmp_path / "keys"
    home.mkdir()
    world = build(home)
    ledger = ledger_directory.take_up(data)
    private = [sk.open_sealed(path.read_bytes(), PASSPHRASE)[0].private for path in ledger.key_files]
    signer = LogSigner(LEDGER, *private)  # type: ignore[arg-type]
    pen = cosigner("alpha", sk.generate(sk.ED25519).private)  # type: ignore[arg-type]
    witness = Witness([pen], {LEDGER: signer.keys}, Memory(), lambda: NOW)
    description = world.description
    description["body"] |= {
        "log_keys": [key.vkey for key in ledger.verifier_keys()],
        "witnesses": [{"name": "alpha", "keys": [pen.key.vkey]}],
    }
    draft, envelope = home / "real.json", home / "real.envelope.json"
    (home / "real.yaml").write_text(json.dumps(description))
    for args in (
        ["charter", "new", home / "real.yaml", "--out", draft],
        ["sign", draft, "--key", world.keys["dep"], "--out", envelope, "--yes"],
    ):
        result = call(*args)
        assert result.code == 0, result.err

    def transport(url: str, body: bytes, limit: float) -> Answer:
        return Answer(200, "", witness.add_checkpoint(body))

    pool = WitnessPool({"alpha": "memory:"}, transport=lambda: transport)
    store = ledger.open_store()
    log = Log(
        store, origin=LEDGER, signer=signer, witnesses=pool, publisher=Publisher(ledger.public), clock=lambda: NOW
    )
    hand_in(log, envelope)
    yield log, world
    pool.close()
    store.close()


def hand_in(log: Log, envelope: Path) -> Logged:
    (outcome,) = log.submit([envelope.read_bytes()], wait=5)
    assert isinstance(outcome, Logged), outcome
    return outcome


def say(log: Log, world: World, number: int, **members: Any) -> Path:
    """XA's next statement of an office, drafted and signed through the commands."""
    home = world.home
    kind, office, key = members.pop("type"), members.pop("office"), members.pop("key")
    sequence, previous = log.trust.chain("XA", office)
    source, draft, out = home / f"{number}.json", home / f"{number}.statement.json", home / f"{number}.envelope.json"
    source.write_text(json.dumps({"party": "XA", "office": office, "title": f"Statement {number}", **members}))
    chain = ["--ledger-name", LEDGER, "--sequence", sequence, "--previous", previous, "--signer", world.ids[key]]
    for args in (
        ["draft", kind, "--from", source, *chain, "--out", draft],
        ["sign", draft, "--key", world.keys[key], "--yes", "--out", out],
    ):
        result = call(*args)
        assert result.code == 0, result.err
    return out


def accede(log: Log, world: World) -> None:
    types = ["drill-announcement"]
    body = {
        "charter": log.trust.charter_id,
        "signers": ["xa.pub.pem", "duty.pub.pem"],
        "offices": [
            {
                "office": "defence-staff",
                "types": types,
                "threshold": 1,
                "signers": [{"signer": "duty.pub.pem", **YEARS}],
            }
        ],
    }
    hand_in(log, say(log, world, 0, type="accession", office="root", key="xa", body=body))


def announce(log: Log, world: World, number: int) -> None:
    from verifier import vocabulary

    body = {**vocabulary.load().example("drill-announcement")["body"], "name": f"Drill {number}"}
    hand_in(log, say(log, world, number, type="drill-announcement", office="defence-staff", key="duty", body=body))


def published(directory: Path) -> dict[str, bytes]:
    """The C2SP files of a directory by path."""
    found = {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }
    return {
        path: raw for path, raw in found.items() if path.startswith(("tile/", "history/", "checkpoint", "attachments/"))
    }


def test_a_new_ledger_has_its_keys_store_and_name(data: Path) -> None:
    found = ledger_directory.take_up(data)
    assert found.origin == LEDGER
    assert [key.algorithm for key in found.verifier_keys()] == [note.ED25519, note.COSIGNATURE_MLDSA44]
    for path, key in zip(found.key_files, found.verifier_keys(), strict=True):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert sk.open_sealed(path.read_bytes(), PASSPHRASE)[0].verifier_key(LEDGER, sk.LOG) == key
    store = found.open_store()
    assert store.size() == 0
    store.close()
    assert [one.name for one in data.parent.iterdir()] == ["ledger"]


def test_given_keys_are_taken_over_as_they_are(tmp_path: Path) -> None:
    key = tmp_path / "log.pem"
    made = call("key", "new", "--role", "log", "--name", LEDGER, "--out", key)
    result = call("init", tmp_path / "ledger", "--origin", LEDGER, "--key", key)
    assert result.code == 0, result.err
    assert result.out == made.out
    assert (tmp_path / "ledger" / "log.pem").read_bytes() == key.read_bytes()


@pytest.mark.parametrize("kind", ["a file", "a full directory", "a link"])
def test_what_is_there_is_never_written_over(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "ledger"
    if kind == "a file":
        target.write_bytes(b"precious")
    elif kind == "a link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
        (target / "precious").write_bytes(b"x")
    before = sorted(tmp_path.rglob("*"))
    result = call("init", target, "--origin", LEDGER)
    assert result.code == 2
    assert "is a file" in result.err if kind == "a file" else "desk.not-empty" in result.err
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_directory_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    assert call("init", tmp_path / "ledger", "--origin", LEDGER).code == 0


def test_a_failing_init_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "pq.pem"
    call("key", "new", "--role", "log", "--name", LEDGER, "--algorithm", "ml-dsa-44", "--out", key)
    hybrid = tmp_path / "pair.pem"
    call("key", "new", "--algorithm", "hybrid", "--out", hybrid)
    before = sorted(tmp_path.iterdir())
    wrong: list[tuple[list[object], str]] = [
        (["--origin", LEDGER, "--key", key], "log.no-ed25519-key"),
        (["--origin", LEDGER, "--key", hybrid], "key.purpose"),
        (["--origin", "a name with blanks"], "vkey.malformed"),
    ]
    for args, code in wrong:
        result = call("init", tmp_path / "ledger", *args)
        assert result.code != 0
        assert code in result.err
        assert sorted(tmp_path.iterdir()) == before

    def broken(path: Path) -> None:
        raise Fault("store.failed", "no room")

    monkeypatch.setattr(ledger_directory, "SqliteStore", broken)
    assert call("init", tmp_path / "ledger", "--origin", LEDGER).code != 0
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"x", b'{"keys":["../../etc/passwd"],"origin":"a"}', b'{"keys":[],"origin":1}']
)
def test_a_directory_that_is_no_ledger_is_told(tmp_path: Path, content: bytes) -> None:
    for command in ("dump", "export"):
        args = [command, *([tmp_path / "out"] if command == "export" else []), "--data", tmp_path]
        assert "desk.ledger-directory" in call(*args).err
        (tmp_path / "ledger.json").write_bytes(content)
        assert "desk.ledger-directory" in call(*args).err
        (tmp_path / "ledger.json").unlink()
    assert not (tmp_path / "out").exists()


def test_an_export_waits_for_the_first_quorum(data: Path, tmp_path: Path) -> None:
    result = call("export", tmp_path / "out", "--data", data)
    assert (result.code, "export.no-checkpoint" in result.err) == (11, True)
    assert not (tmp_path / "out").exists()


def test_an_export_is_what_the_live_log_publishes(running: tuple[Log, World], data: Path, tmp_path: Path) -> None:
    log, world = running
    accede(log, world)
    for number in (1, 2):
        announce(log, world, number)
    attachment = log.publisher.attachment(b"a long text")
    out = tmp_path / "out"
    result = call("export", out, "--data", data, "--json")
    assert result.code == 0, result.err
    assert (result.json["size"], result.json["origin"]) == (4, LEDGER)
    assert published(out) == published(data / "public")
    assert (out / "attachments" / attachment).read_bytes() == b"a long text"
    bundle = tiles.parse_bundle((out / tiles.entries_path(0, 4)).read_bytes())
    point = checkpoints.parse((out / "checkpoint").read_bytes())
    from verifier import merkle

    assert merkle.subtree_root([merkle.leaf_hash(entry) for entry in bundle]) == point.root
    assert {one.name for one in point.note.signatures} == {LEDGER, "alpha"}
    for name in ("README.txt", "nginx.conf", "Caddyfile"):
        assert LEDGER in (out / name).read_text()
        assert "@ORIGIN@" not in (out / name).read_text()
    assert "text/plain; charset=utf-8" in (out / "nginx.conf").read_text()
    announce(log, world, 3)
    again = call("export", out, "--data", data, "--json")
    assert (again.code, again.json["size"]) == (0, 5)
    assert published(data / "public").items() <= published(out).items()


def test_an_export_goes_into_no_other_directory(running: tuple[Log, World], data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_bytes(b"x")
    result = call("export", out, "--data", data)
    assert (result.code, "desk.not-empty" in result.err) == (2, True)
    assert [one.name for one in out.iterdir()] == ["precious"]
    other = LogSigner("another.example", sk.generate(sk.ED25519).private)  # type: ignore[arg-type]
    (out / "checkpoint").write_bytes(other.checkpoint(0, b"\0" * 32, NOW).raw)
    assert "another.example" in call("export", out, "--data", data).err


def test_a_dump_is_one_record_a_line_and_each_names_the_one_before(running: tuple[Log, World], data: Path) -> None:
    log, world = running
    accede(log, world)
    announce(log, world, 1)
    result = call("dump", "--data", data)
    assert result.code == 0, result.err
    lines = result.out.split("\n")
    assert lines.pop() == ""
    assert len(lines) == 3
    digests = [sha256(line.encode()).hexdigest() for line in lines]
    assert [json.loads(line)["previous"] for line in lines] == [None, *digests[:-1]]
    assert call("dump", "--data", data, "--from", 1).out == "".join(f"{line}\n" for line in lines[1:])
    assert call("dump", "--data", data, "--from", 3).out == ""
    assert call("dump", "--data", data, "--from", "-1").code == 2


def test_help_is_fast_and_imports_no_command() -> None:
    import subprocess
    import sys

    told = "import sys; from ledger.cli import run; code = run(['--help']); print(code, *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert loaded[0] == "0"
    assert not {"cryptography", "jsonschema_rs", "urllib3", "yaml", "apsw", "nacl", "verifier.vocabulary"} & set(loaded)
    assert "draft" in done.stdout
    assert "export" in done.stdout


COMMANDS = ["key new", "key show", "key public", "charter new", "charter check", "charter show", "charter example"]
COMMANDS += ["types", "draft", "lint", "sign", "submit", "receipt", "state", "init", "export", "dump"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert call(*command.split(), "--help").code == 0
    assert call(*command.split(), "--no-such-option").code == 2


def test_every_fault_of_the_desk_is_registered_and_every_registered_one_is_raised() -> None:
    import re
    import tomllib

    import ledger
    from verifier.errors import kinds

    home = Path(ledger.__file__).parent
    sources = "".join(path.read_text() for room in ("cli", "desk") for path in (home / room).rglob("*.py"))
    raised = set(re.findall(r'(?:Fault\(\s*|code = |own = |else )"([a-z]+\.[a-z0-9-]+)"', sources))
    assert raised <= kinds().keys(), raised - kinds().keys()
    text = (home / "faults.toml").read_text()
    block = tomllib.loads(text[text.index("# desk") :].partition("# log")[0])
    unused = {code for code in block if f'"{code}"' not in sources}
    assert not unused


def test_the_verifier_audits_the_export_and_the_dump(running: tuple[Log, World], data: Path, tmp_path: Path) -> None:
    from verifier.audit import audit
    from verifier.formats import policy as policies
    from verifier.source import open_source

    log, world = running
    accede(log, world)
    for number in range(1, 4):
        announce(log, world, number)
    assert log.trust.charter is not None
    believed, charter = log.trust.charter.policy, log.trust.charter_id
    assert isinstance(believed, policies.Policy)
    assert call("export", tmp_path / "out", "--data", data).code == 0
    (tmp_path / "dump.jsonl").write_text(call("dump", "--data", data).out)
    point = checkpoints.parse((tmp_path / "out" / "checkpoint").read_bytes())
    report = audit(open_source(str(tmp_path / "out")), believed, charter=charter, now=NOW)
    assert (report.records, report.findings, int(report.exit)) == (5, [], 0)
    again = audit(open_source(str(tmp_path / "dump.jsonl")), believed, charter=charter, now=NOW, newest=point)
    assert (again.records, again.findings) == (5, [])


def test_one_process_at_a_time_runs_a_ledger(tmp_path: Path) -> None:
    home = tmp_path / "ledger"
    home.mkdir()
    (home / ledger_directory.SETTINGS).write_bytes(b'{"keys":[],"origin":"accord.example/ledger"}')
    found = ledger_directory.take_up(home)
    with found.held():
        with pytest.raises(Fault) as caught, found.held():
            pytest.fail("two hold it")
        assert caught.value.code == "desk.held"
    with found.held():
        pass
