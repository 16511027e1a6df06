"""A ledger and three witnesses as servers: what a party hands in over HTTP, an outsider can check over HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from ledger.desk import ledger_directory, secret_keys
from ledger.log import Log
from ledger.publish import Publisher
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.ledger.log_world import World
from tests.support.simulated_log import ORIGIN
from tests.web.wire import ask
from verifier import audit
from verifier.exits import Exit
from verifier.source import open_source
from verifier.witness import Witness
from web import cli
from web.log_api import Limits, create_log_app
from web.serving import Server
from web.witness_api import create_witness_app
from web.witness_state import SqliteState

DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}
LINES = {"Content-Type": "application/x-ndjson"}
PASSPHRASE = b"five random words make one"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_statements_receipts_and_audit_over_http(world: World, tmp_path: Path, serve: Callable[..., Server]) -> None:
    urls, states = {}, []
    for pen in world.people.witness_pens:
        states.append(SqliteState(tmp_path / f"{pen.name}.sqlite"))
        witness = Witness([pen], {ORIGIN: [world.people.log_pen.key]}, states[-1], world.clock)
        urls[pen.name] = serve(create_witness_app(witness, states[-1])).url
    store = SqliteStore(tmp_path / "log.sqlite")
    publisher, pool = Publisher(tmp_path / "public"), WitnessPool(urls)
    log = Log(store, origin=ORIGIN, signer=world.signer, witnesses=pool, publisher=publisher, clock=world.clock)
    log.start()
    try:
        server = serve(create_log_app(log, limits=Limits(rate=None)))
        founded = ask(server.port, "POST", "/statements/batch", b"\n".join(world.founding()), LINES)
        assert [item["status"] for item in json.loads(founded.body)["items"]] == [200] * 4
        drill = world.drills(1)[0]
        found = json.loads(ask(server.port, "POST", "/statements", drill, DSSE).body)
        assert world.check(drill, found["receipt"].encode()).index == found["index"] == 4
        receipt = ask(server.port, "GET", f"/statements/{found['id']}/receipt")
        assert receipt.body.decode() == found["receipt"]
        again = ask(server.port, "POST", "/statements", drill, DSSE)
        assert (again.status, json.loads(again.body)) == (200, found)
        entry = json.loads(ask(server.port, "GET", "/parties/XB").body)
        assert (entry["offices"][0]["sequence"], entry["offices"][0]["previous"]) == (1, found["id"])
        report = audit.audit(open_source(server.url), world.policy, now=world.clock.now)
        assert (report.exit, report.records, report.findings) == (Exit.GOOD, 5, [])
    finally:
        log.stop()
        pool.close()
        store.close()
        for state in states:
            state.close()


class Child:
    """A command in a process of its own, and the address that it says it listens at."""

    def __init__(self, *args: str | Path) -> None:
        command = [sys.executable, "-c", "import web.cli; web.cli.main()", *map(str, args), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        told = self.process.stderr.readline()
        found = re.search(r"at (http://127\.0\.0\.1:(\d+))", told)
        assert found, told + self.process.stderr.read()
        self.url, self.port = found.group(1), int(found.group(2))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        if child.process.poll() is None:
            child.process.kill()
            child.process.communicate()


def seal(path: Path, private: object) -> Path:
    key = secret_keys.SecretKey(secret_keys.ED25519, private)  # type: ignore[arg-type]
    path.write_bytes(secret_keys.seal([key], PASSPHRASE))
    return path


def test_the_commands_end_to_end(world: World, tmp_path: Path, children: list[Child]) -> None:
    people, secret = world.people, tmp_path / "passphrase"
    secret.write_bytes(PASSPHRASE + b"\n")
    people.clock = int(time.time()) - 60
    log_key = secret_keys.SecretKey(secret_keys.ED25519, people.log_pen.private)
    sealed = secret_keys.seal([log_key], PASSPHRASE)
    home = ledger_directory.create(tmp_path / "ledger", ORIGIN, [(log_key, sealed)]).home

    policy = people.policy_text
    witness_args = []
    for pen in people.witness_pens:
        key = seal(tmp_path / f"{pen.name}.pem", pen.private)
        args = ["witness", "--key", key, "--passphrase-file", secret, "--name", pen.name]
        witness_args.append([*args, "--log", people.log_pen.key.vkey, "--state", tmp_path / f"{pen.name}.sqlite"])
        children.append(Child(*witness_args[-1]))
        policy = policy.replace(pen.key.vkey, f"{pen.key.vkey} {children[-1].url}")
    assert children[0].process.stdout is not None
    assert children[0].process.stdout.readline() == f"{people.witness_pens[0].key.vkey}\n"
    (tmp_path / "policy").write_text(policy)

    serve_args = ["serve", "--dir", home, "--policy", tmp_path / "policy", "--passphrase-file", secret]
    ledger = Child(*serve_args)
    children.append(ledger)
    founded = ask(ledger.port, "POST", "/statements/batch", b"\n".join(world.founding()), LINES)
    assert [item["status"] for item in json.loads(founded.body)["items"]] == [200] * 4
    drill = world.drills(1)[0]
    first = ask(ledger.port, "POST", "/statements", drill, DSSE)
    assert first.status == 200
    assert ledger.end() == Exit.GOOD

    os.kill(children[1].process.pid, signal.SIGKILL)  # one witness is lost; the other two make the quorum
    ledger = Child(*serve_args)
    children.append(ledger)
    assert json.loads(ask(ledger.port, "POST", "/statements", drill, DSSE).body) == json.loads(first.body)
    assert ask(ledger.port, "POST", "/statements", world.drills(1, "XC")[0], DSSE).status == 200
    report = audit.audit(open_source(ledger.url), world.policy, now=int(time.time()))
    assert (report.exit, report.records, report.findings) == (Exit.GOOD, 6, [])
    assert ledger.end(signal.SIGINT) == Exit.GOOD
    assert children[0].end() == Exit.GOOD


def run(*args: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    asked = cli.run(list(map(str, args)), passphrase=lambda _name, _new: PASSPHRASE, stdout=out, stderr=err)
    return asked, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--name", "w.example"], "serve.logs"),
        (["--name", "w.example", "--log", "nonsense"], "vkey.malformed"),
        (["--name", "a name with spaces", "--log", "LOG"], "vkey.malformed"),
        (["--name", "w.example", "--log", "LOG", "--listen", "nowhere"], "serve.listen"),
        (["--name", "w.example", "--log", "WITNESS"], "serve.logs"),
        (["--name", "w.example", "--log", "LOG", "--key", "SAME"], "serve.keys"),
    ],
)
def test_what_a_witness_refuses_to_run_with(world: World, tmp_path: Path, args: list[str], code: str) -> None:
    key = seal(tmp_path / "w.pem", world.people.witness_pens[0].private)
    stands_for = {"LOG": world.people.log_pen.key.vkey, "WITNESS": world.people.witness_pens[0].key.vkey}
    found = [str(key) if one == "SAME" else stands_for.get(one, one) for one in args]
    exited, out, err = run("witness", "--key", key, "--state", tmp_path / "w.sqlite", *found)
    assert f"code:  {code} (exit {exited})" in err
    assert "next:" in err
    assert exited in (Exit.USAGE, Exit.MALFORMED)
    assert out == ""


def test_a_witness_signs_with_no_statement_key(world: World, tmp_path: Path) -> None:
    path = tmp_path / "pq.pem"
    path.write_bytes(secret_keys.seal([secret_keys.generate(secret_keys.ML_DSA_65)], PASSPHRASE))
    log = world.people.log_pen.key.vkey
    exited, _, err = run("witness", "--key", path, "--name", "w", "--log", log, "--state", tmp_path / "w.sqlite")
    assert exited == Exit.USAGE
    assert "serve.keys" in err


def test_two_processes_never_run_one_ledger(world: World, tmp_path: Path, children: list[Child]) -> None:
    secret = tmp_path / "passphrase"
    secret.write_bytes(PASSPHRASE + b"\n")
    key = secret_keys.SecretKey(secret_keys.ED25519, world.people.log_pen.private)
    home = ledger_directory.create(tmp_path / "ledger", ORIGIN, [(key, secret_keys.seal([key], PASSPHRASE))]).home
    pen = world.people.witness_pens[0]
    (tmp_path / "policy").write_text(
        world.people.policy_text.replace(pen.key.vkey, f"{pen.key.vkey} http://127.0.0.1:9")
    )
    args = ["serve", "--dir", home, "--policy", tmp_path / "policy", "--passphrase-file", secret]
    children.append(Child(*args))
    before = (home / ledger_directory.STORE).read_bytes()
    exited, out, err = run(*args, "--listen", "127.0.0.1:0")
    assert (exited, out) == (Exit.USAGE, "")
    assert "code:  desk.held" in err
    assert "next:  Stop the other process first" in err
    assert (home / ledger_directory.STORE).read_bytes() == before
    assert json.loads(ask(children[0].port, "GET", "/healthz").body)["status"] == "ok"
    assert children[0].end(signal.SIGKILL) == -signal.SIGKILL
    children.append(Child(*args))  # what was killed holds nothing any more
    assert children[1].end() == Exit.GOOD, "it can be stopped from the moment that it says where it listens"


def test_what_a_ledger_refuses_to_run_with(world: World, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(world.people.policy_text)
    exited, _, err = run("serve", "--dir", tmp_path / "nowhere", "--policy", tmp_path / "policy")
    assert "desk.ledger-directory" in err
    key = secret_keys.SecretKey(secret_keys.ED25519, world.people.log_pen.private)
    made = ledger_directory.create(tmp_path / "ledger", ORIGIN, [(key, secret_keys.seal([key], PASSPHRASE))])
    exited, _, err = run("serve", "--dir", made.home, "--policy", tmp_path / "policy")
    assert (exited, "serve.witnesses" in err) == (Exit.USAGE, True)
    exited, _, err = run("serve", "--dir", made.home, "--policy", tmp_path / "none")
    assert exited == Exit.USAGE


def test_help_names_every_command_without_importing_them() -> None:
    code = "import sys, web.cli; web.cli.run(['--help']); print([m for m in sys.modules if m in ('flask', 'apsw')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(f"  {name} " in told for name in ("serve", "witness", "explore", "demo"))
    assert told.endswith("[]\n")
