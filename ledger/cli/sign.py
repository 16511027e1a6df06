"""`detente sign`: a file in, a file out, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk import files, lint_rules, lint_sealing, reading, signing
from ledger.desk.findings import ERROR
from ledger.desk.lint import Surroundings, form
from ledger.desk.lint import lint as findings_of
from ledger.desk.secret_keys import SecretKey
from ledger.desk.signing import Partial
from verifier.errors import Fault

_ENDINGS = (".statement.json", ".partial.json", ".json")


@click.command()
@click.argument("file", type=options.FILE)
@click.option(
    "--key",
    "keys",
    type=options.FILE,
    multiple=True,
    required=True,
    help="An encrypted secret key file; may be repeated.",
)
@click.option("--out", type=options.NEW_FILE, help="The envelope's new file; beside FILE if absent.")
@click.option(
    "--passphrase-file",
    "sources",
    type=options.FILE,
    multiple=True,
    help="A file whose only line is the passphrase: one for all keys, or one for each --key in order.",
)
@options.kept_files
@options.kept_copies
@click.option("--yes", is_flag=True, help="Sign without asking. For scripts; an official reads first.")
@options.json_flag
def sign(
    file: Path,
    keys: tuple[Path, ...],
    out: Path | None,
    sources: tuple[Path, ...],
    kept: tuple[Path, ...],
    copies: tuple[Path, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Sign the statement in FILE: a draft, or a partial file that others have signed before.

    Shows what is signed and asks. As long as signers are missing, a partial file is written, for the next official;
    once all have signed, the envelope. Needs no network and opens none. With --keep, a statement whose sealed values the
    kept file does not open is not signed.
    """
    if len(sources) > 1 and len(sources) != len(keys):
        raise click.UsageError("give --passphrase-file once, or once for each --key")
    partial = signing.read(files.read(file).removesuffix(b"\n"), where=str(file))
    target = out or file.with_name(f"{_stem(file)}.envelope.json")
    files.require_free(target)
    around = Surroundings(ports().clock(), kept=options.read_kept(kept), copies=options.read_kept(copies))
    _require_sound(partial, around)
    _show(partial, around, as_json)
    if not yes:
        click.confirm("Sign this?", abort=True, err=True)
    signed = signing.add(partial, _open(keys, sources))
    written = _write(signed, target)
    _tell(signed, written, as_json)


def _open(keys: Sequence[Path], sources: Sequence[Path]) -> list[SecretKey]:
    found: list[SecretKey] = []
    for n, path in enumerate(keys):
        found += ports().open_key(path, sources[min(n, len(sources) - 1)] if sources else None)
    return found


def _require_sound(partial: Partial, around: Surroundings) -> None:
    """Refuse to sign what no ledger would admit, whatever the time. Raises Fault `sign.faulty`, `kept.misfit`."""
    if around.kept:
        lint_sealing.require_kept([partial.said], around.kept)
    errors = [one for one in form(partial.said) if one.severity == ERROR]
    if errors:
        rows = [{"pointer": one.pointer, "message": one.sentence} for one in errors]
        raise Fault("sign.faulty", errors[0].sentence, where=errors[0].pointer, evidence={"errors": rows})


def _show(partial: Partial, around: Surroundings, as_json: bool) -> None:
    """What is signed, in words, and what lint says of it: on the error stream, so that a result stays alone."""
    show = ports().tell
    if not as_json:
        for line in reading.words(partial.said):
            show(line)
        for signer in partial.signed:
            show(f"Signed already, and checked: {signer}")
    for one in (*lint_rules.check(partial.said), *findings_of(partial.said.payload, around)):
        show(f"{one.severity}: {one.pointer or '/'}: {one.sentence} [{one.code}]")


def _write(signed: Partial, target: Path) -> Path:
    if not signed.missing:
        files.write_new((target, signed.envelope().raw, files.PUBLIC))
        return target
    beside = target.with_name(f"{_stem(target).removesuffix('.envelope')}.partial.json")
    if beside.exists() and signing.read(files.read(beside), where=str(beside)).said.id != signed.said.id:
        raise Fault("sign.mixed", "the partial file of that name is another statement's", where=str(beside))
    files.replace(beside, signed.raw)
    return beside


def _tell(signed: Partial, written: Path, as_json: bool) -> None:
    if as_json:
        ports().show_json(
            {
                "complete": not signed.missing,
                "file": str(written),
                "id": signed.said.id,
                "missing": list(signed.missing),
                "signed": list(signed.signed),
            }
        )
    elif signed.missing:
        ports().say(
            f"{written}: signed by {len(signed.signed)} of {len(signed.said.signers)}; it goes to the next signer:"
        )
        for signer in signed.missing:
            ports().say(f"  {signer}")
    else:
        ports().say(f"{written}: complete, statement {signed.said.id}; hand it in with `detente submit`.")


def _stem(path: Path) -> str:
    for ending in _ENDINGS:
        if path.name.endswith(ending):
            return path.name.removesuffix(ending)
    return path.name
