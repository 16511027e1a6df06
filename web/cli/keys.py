"""The keys of a log or a witness, out of their encrypted files."""

from __future__ import annotations

from pathlib import Path

from ledger.cli.ports import Ports
from ledger.desk.secret_keys import ML_DSA_65
from ledger.signer import PrivateKey
from verifier.errors import Fault


def open_checkpoint_key(at: Ports, file: Path, source: Path | None) -> PrivateKey:
    """The one key in a file, of a kind that signs checkpoints. `source`: the passphrase file; asked for if None.

    Raises Fault `serve.keys`, and those of `ledger.cli.ports.Ports.open_key`.
    """
    opened = at.open_key(file, source)
    found = opened[0].private
    if len(opened) != 1 or not isinstance(found, PrivateKey):
        told = f"the file holds {' and '.join(key.algorithm for key in opened)}; {ML_DSA_65} signs statements alone"
        raise Fault("serve.keys", told, where=str(file))
    return found
