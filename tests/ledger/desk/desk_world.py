"""What the desk's tests share: commands run through the entry point, key files, and a small world: a charter, a party."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.cli import run
from ledger.desk import secret_keys as sk
from verifier import statement
from verifier.formats import canonical
from verifier.statement import Statement

NOW = 1_780_000_000  # 2026-05-28T20:26:40Z
PASSPHRASE = b"correct horse battery staple"
LEDGER = "ledger.example/detente"


@dataclass(frozen=True)
class Result:
    """What a run left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def call(*args: object, now: int = NOW, passphrase: bytes = PASSPHRASE) -> Result:
    """Run one command in-process."""
    out, err = io.StringIO(), io.StringIO()
    code = run(
        [str(a) for a in args], clock=lambda: now, passphrase=lambda name, new: passphrase, stdout=out, stderr=err
    )
    return Result(code, out.getvalue(), err.getvalue())


def make_key(directory: Path, name: str, *algorithms: str) -> tuple[Path, str]:
    """A key file and its public half beside it, with the id of the signer."""
    found = tuple(sk.generate(one) for one in algorithms or (sk.ED25519,))
    path = directory / f"{name}.pem"
    path.write_bytes(sk.seal(found, PASSPHRASE))
    (directory / f"{name}.pub.pem").write_bytes(sk.public_file(found))
    return path, sk.signer_id([one.public for one in found])


@dataclass
class World:
    """A directory with the keys of a ledger, its depositary and the state XA, and the charter that names them."""

    home: Path
    keys: dict[str, Path] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    charter: Statement | None = None

    @property
    def description(self) -> dict[str, Any]:
        def party(code: str, kind: str, root: str) -> dict[str, Any]:
            names = {"en": code.title(), "fr": code.title()}
            return {
                "code": code,
                "kind": kind,
                "names": names,
                "root": {"threshold": 1, "signers": [f"{root}.pub.pem"]},
            }

        years = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2029-01-01T00:00:00Z"}
        return {
            "title": "Charter of a small accord",
            "body": {
                "parties": [party("XB", "state", "xb"), party("DEP", "depositary", "dep"), party("XA", "state", "xa")],
                "signers": ["dep.pub.pem", "desk.pub.pem"],
                "offices": [
                    {
                        "office": "notices",
                        "types": ["depositary-notice"],
                        "threshold": 1,
                        "signers": [{"signer": "desk.pub.pem", **years}],
                    }
                ],
                "log_keys": ["log.vkey"],
                "witnesses": [{"name": name, "keys": [f"{name}.vkey"]} for name in ("alpha", "beta", "gamma")],
            },
        }

    def state(self, **changes: Any) -> dict[str, Any]:
        """XA as the ledger would describe it."""
        assert self.charter is not None
        signer = {"signer": self.ids["duty"], "keys": [], "not_before": "2026-01-01T00:00:00Z", "revoked": False}
        office = {
            "office": "defence-staff",
            "types": ["disclosure", "drill-announcement", "drill-report"],
            "threshold": 1,
            "signers": [{**signer, "not_after": "2029-01-01T00:00:00Z", **changes.pop("signer", {})}],
            "sequence": 4,
            "previous": "ab" * 32,
            **changes,
        }
        entry = {
            "ledger": LEDGER,
            "charter": self.charter.id,
            "code": "XA",
            "kind": "state",
            "names": {"en": "Arvenia"},
        }
        return {"party": {**entry, "offices": [office]}, "charter": self.envelope}

    @property
    def envelope(self) -> dict[str, Any]:
        return dict(canonical.parse((self.home / "charter.envelope.json").read_bytes()))


def build(home: Path) -> World:
    """The world in the empty directory `home`."""
    made = World(home)
    for name in ("dep", "desk", "xb", "duty", "second"):
        made.keys[name], made.ids[name] = make_key(made.home, name)
    made.keys["xa"], made.ids["xa"] = make_key(made.home, "xa", sk.ED25519, sk.ML_DSA_65)
    for name, role in [("log", sk.LOG), ("alpha", sk.WITNESS), ("beta", sk.WITNESS), ("gamma", sk.WITNESS)]:
        key = sk.generate(sk.ED25519).verifier_key(LEDGER if role == sk.LOG else name, role)
        (made.home / f"{name}.vkey").write_text(f"{key.vkey}\n")
    (made.home / "charter.yaml").write_text(json.dumps(made.description))
    draft, envelope = made.home / "charter.statement.json", made.home / "charter.envelope.json"
    policy = made.home / "policy.txt"
    for args in (
        ["charter", "new", made.home / "charter.yaml", "--out", draft, "--policy-out", policy],
        ["sign", draft, "--key", made.keys["dep"], "--out", envelope, "--yes"],
    ):
        result = call(*args)
        assert result.code == 0, result.err
    made.charter = statement.parse(draft.read_bytes())
    return made


def write_draft(path: Path, world: World, **changes: Any) -> Path:
    """A drill announcement by XA's defence staff, with changed members; body members are changed under `body`."""
    from verifier import vocabulary

    example = json.loads(json.dumps(vocabulary.load().example("drill-announcement")))
    body = {**example["body"], "start": "2026-09-01T07:00:00Z", "end": "2026-09-04T16:00:00Z", "observers": ["XB"]}
    members: dict[str, Any] = {
        **example,
        "ledger": LEDGER,
        "party": "XA",
        "office": "defence-staff",
        "sequence": 4,
        "previous": "ab" * 32,
        "signers": [world.ids["duty"]],
        "issued": "2026-05-28T20:00:00Z",
        "exercise": None,
        "relates": [],
        "sealed": [],
        "attachments": [],
        "body": {**body, **changes.pop("body", {})},
        **changes,
    }
    path.write_bytes(canonical.encode({name: members[name] for name in statement.MEMBERS}))
    return path
