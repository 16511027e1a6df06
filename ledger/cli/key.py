"""`detente key`: make keys, show what a key file holds, print its public half."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.ports import ports
from ledger.desk import files
from ledger.desk import secret_keys as sk
from verifier.errors import Fault
from verifier.keys import PublicKey

_ALGORITHMS = {
    "ed25519": (sk.ED25519,),
    "ml-dsa-65": (sk.ML_DSA_65,),
    "hybrid": (sk.ED25519, sk.ML_DSA_65),
    "ml-dsa-44": (sk.ML_DSA_44,),
}
_PATH = click.Path(path_type=Path, dir_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_role = click.option(
    "--role",
    type=click.Choice(["statement", sk.LOG, sk.WITNESS]),
    default="statement",
    show_default=True,
    help="What the key signs: statements, a log's checkpoints, or a witness's cosignatures.",
)
_name = click.option("--name", help="The key name that a log or a witness signs under, such as ledger.example/log.")
_passphrase = click.option(
    "--passphrase-file", type=_FILE, help="A file whose only line is the passphrase; asked for if absent."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as canonical JSON.")


@click.group()
def key() -> None:
    """Make and show keys. Secret keys are PKCS#8 PEM files, encrypted under a passphrase; no key serves two roles."""


@key.command()
@click.option("--algorithm", type=click.Choice(list(_ALGORITHMS)), default="ed25519", show_default=True)
@_role
@_name
@click.option("--out", type=_PATH, required=True, help="The new secret key file; its public half is written beside it.")
@click.option(
    "--from",
    "source",
    type=_FILE,
    help="Take a key that is there, as `openssl genpkey` writes it, and encrypt it anew.",
)
@click.option("--from-passphrase-file", "old", type=_FILE, help="The passphrase of --from, if it is encrypted already.")
@_passphrase
@_json
def new(
    algorithm: str,
    role: str,
    name: str | None,
    out: Path,
    source: Path | None,
    old: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Make a key, or encrypt one that another tool made. An existing file is never overwritten.

    `hybrid` makes the two keys of one signer, Ed25519 and ML-DSA-65, in one file: it has signed only when both have.
    """
    beside = out.with_suffix(".pub.pem" if role == "statement" else ".vkey")
    files.require_free(out, beside)
    made = _taken(source, old) if source else tuple(map(sk.generate, _ALGORITHMS[algorithm]))
    shown = _public_half(made, role, name)
    sealed = sk.seal(made, ports().passphrase_of(str(out), passphrase_file, new=True), where=str(out))
    files.write_new((out, sealed, files.PRIVATE), (beside, shown, files.PUBLIC))
    _tell(made, role, shown, {"file": str(out), "public": str(beside)}, as_json)


def _taken(source: Path, old: Path | None) -> tuple[sk.SecretKey, ...]:
    """The key in a file that another tool made."""
    raw = files.read(source)
    if sk.is_encrypted(raw, where=str(source)):
        return ports().open_key(source, old)
    ports().tell(f"{source} lies unencrypted on this disk: once the new file is there, destroy it and every copy.")
    return sk.open_plain(raw, where=str(source))


@key.command()
@click.argument("file", type=_FILE)
@_passphrase
@_json
def show(file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Say what a key file holds: the algorithms, the keyids and the id of the signer. Nothing secret is shown."""
    raw = files.read(file)
    if not _is_secret(raw, file):
        _tell_public(sk.read_public(raw, where=str(file)), {"file": str(file), "secret": False}, as_json)
        return
    found = ports().open_key(file, passphrase_file)
    if found[0].algorithm == sk.ML_DSA_44:
        rows = {"file": str(file), "secret": True, "algorithms": [sk.ML_DSA_44]}
        ports().show_json(rows) if as_json else ports().say(
            f"{sk.ML_DSA_44}, for checkpoints; see `detente key public`."
        )
        return
    _tell_public(tuple(one.public for one in found), {"file": str(file), "secret": True}, as_json)


@key.command()
@click.argument("file", type=_FILE)
@_role
@_name
@click.option("--out", type=_PATH, help="Write to a new file instead of the screen.")
@_passphrase
def public(file: Path, role: str, name: str | None, out: Path | None, passphrase_file: Path | None) -> None:
    """Print the public half: PEM for statements, a C2SP verifier key (vkey) for a log or a witness."""
    shown = _public_half(ports().open_key(file, passphrase_file), role, name)
    if out:
        files.write_new((out, shown, files.PUBLIC))
    else:
        ports().say(shown.decode().removesuffix("\n"))


def _public_half(found: tuple[sk.SecretKey, ...], role: str, name: str | None) -> bytes:
    if role == "statement":
        return sk.public_file(found)
    if not name:
        raise click.UsageError(f"a {role} key has a name: give --name, such as ledger.example/log")
    if len(found) != 1:
        raise Fault("key.purpose", f"a hybrid pair signs statements; a {role} key stands alone", where=role)
    return f"{found[0].verifier_key(name, role).vkey}\n".encode()


def _is_secret(raw: bytes, file: Path) -> bool:
    return b"PRIVATE KEY-----" in raw or sk.is_encrypted(raw, where=str(file))


def _tell(made: tuple[sk.SecretKey, ...], role: str, shown: bytes, rows: dict[str, str], as_json: bool) -> None:
    if role == "statement":
        _tell_public(tuple(one.public for one in made), dict(rows), as_json)
    elif as_json:
        ports().show_json({**rows, "algorithms": [one.algorithm for one in made], "vkey": shown.decode().strip()})
    else:
        ports().say(shown.decode().strip())


def _tell_public(found: tuple[PublicKey, ...], rows: dict[str, object], as_json: bool) -> None:
    signer = sk.signer_id(found)
    if as_json:
        held = [{"algorithm": one.algorithm, "keyid": one.keyid} for one in found]
        ports().show_json({**rows, "keys": held, "signer": signer})
        return
    for one in found:
        ports().say(f"{one.algorithm:<10} keyid  {one.keyid}")
    ports().say(f"{'':<10} signer {signer}")
