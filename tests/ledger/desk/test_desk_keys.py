"""Keys at rest: made, encrypted, opened, shown; what is wrong with them is told, and nothing is written over."""

from __future__ import annotations

import contextlib
import stat
import subprocess
from pathlib import Path

import pytest

from ledger.desk import pem
from ledger.desk import secret_keys as sk
from tests.ledger.desk.desk_world import PASSPHRASE, call, make_key
from verifier import keys
from verifier.errors import Fault
from verifier.formats import note


@pytest.mark.parametrize(
    ("algorithm", "kinds"),
    [("ed25519", ["Ed25519"]), ("ml-dsa-65", ["ML-DSA-65"]), ("hybrid", ["Ed25519", "ML-DSA-65"])],
)
def test_a_new_key_is_encrypted_private_and_opens_again(tmp_path: Path, algorithm: str, kinds: list[str]) -> None:
    out = tmp_path / "desk.pem"
    made = call("key", "new", "--algorithm", algorithm, "--out", out, "--json")
    assert made.code == 0, made.err
    assert [row["algorithm"] for row in made.json["keys"]] == kinds
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert all(block.label == "ENCRYPTED PRIVATE KEY" for block in pem.blocks(out.read_bytes()))
    opened = sk.open_sealed(out.read_bytes(), PASSPHRASE)
    public = sk.read_public((tmp_path / "desk.pub.pem").read_bytes())
    message = b"what is signed"
    for secret, key in zip(opened, public, strict=True):
        key.verify(message, secret.sign(message))
    assert made.json["signer"] == keys.signer_id([key.keyid for key in public])
    shown = call("key", "show", out, "--json")
    assert shown.json["signer"] == made.json["signer"]
    assert call("key", "show", tmp_path / "desk.pub.pem", "--json").json["signer"] == made.json["signer"]
    assert call("key", "public", out).out.encode() == (tmp_path / "desk.pub.pem").read_bytes()


@pytest.mark.parametrize(
    ("algorithm", "role", "kind"),
    [
        ("ed25519", "log", note.ED25519),
        ("ed25519", "witness", note.COSIGNATURE_ED25519),
        ("ml-dsa-44", "log", note.COSIGNATURE_MLDSA44),
        ("ml-dsa-44", "witness", note.COSIGNATURE_MLDSA44),
    ],
)
def test_log_and_witness_keys_print_their_verifier_key(tmp_path: Path, algorithm: str, role: str, kind: int) -> None:
    out = tmp_path / "note.pem"
    made = call("key", "new", "--algorithm", algorithm, "--role", role, "--name", "ledger.example/log", "--out", out)
    key = note.parse_vkey(made.out.strip())
    assert (key.name, key.algorithm) == ("ledger.example/log", kind)
    assert (tmp_path / "note.vkey").read_text() == made.out
    again = call("key", "public", out, "--role", role, "--name", "ledger.example/log")
    assert again.out == made.out


@pytest.mark.parametrize(
    "args",
    [
        ["--algorithm", "ml-dsa-65", "--role", "log", "--name", "a"],
        ["--algorithm", "hybrid", "--role", "witness", "--name", "a"],
        ["--algorithm", "ml-dsa-44"],
    ],
)
def test_a_key_of_the_wrong_kind_for_its_role_is_refused_and_nothing_written(tmp_path: Path, args: list[str]) -> None:
    result = call("key", "new", *args, "--out", tmp_path / "k.pem")
    assert result.code == 2
    assert "key.purpose" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_role_needs_a_name(tmp_path: Path) -> None:
    result = call("key", "new", "--role", "log", "--out", tmp_path / "k.pem")
    assert result.code == 2
    assert "--name" in result.err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    for taken in ("desk.pem", "desk.pub.pem"):
        (tmp_path / taken).write_bytes(b"precious")
        result = call("key", "new", "--out", tmp_path / "desk.pem")
        assert result.code == 2
        assert "desk.exists" in result.err
        assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(taken, b"precious")]
        (tmp_path / taken).unlink()


def test_a_weak_passphrase_is_refused_and_nothing_written(tmp_path: Path) -> None:
    result = call("key", "new", "--out", tmp_path / "desk.pem", passphrase=b"short")
    assert (result.code, list(tmp_path.iterdir())) == (2, [])
    assert "key.passphrase-weak" in result.err


def test_a_wrong_passphrase_says_what_to_do(tmp_path: Path) -> None:
    path, _ = make_key(tmp_path, "desk")
    result = call("key", "show", path, passphrase=b"another passphrase")
    assert result.code == 2
    for part in ("error: the passphrase does not open this key", f"where: {path}", "code:  key.passphrase", "next:  "):
        assert part in result.err
    assert "Traceback" not in result.err


def test_a_passphrase_comes_from_a_file_of_one_line(tmp_path: Path, passphrase_file: Path) -> None:
    path, _ = make_key(tmp_path, "desk")
    assert call("key", "show", path, "--passphrase-file", passphrase_file, passphrase=b"never asked").code == 0
    passphrase_file.write_bytes(PASSPHRASE + b"\r\n")
    assert call("key", "show", path, "--passphrase-file", passphrase_file, passphrase=b"never asked").code == 0
    for content in (b"", b"\n", b"one\ntwo\n"):
        passphrase_file.write_bytes(content)
        result = call("key", "show", path, "--passphrase-file", passphrase_file)
        assert (result.code, "key.passphrase-file" in result.err) == (2, True)


@pytest.mark.parametrize("algorithms", [(sk.ED25519,), (sk.ED25519, sk.ML_DSA_65)])
def test_a_key_file_with_any_bit_changed_does_not_open_as_another_key(
    tmp_path: Path, algorithms: tuple[str, ...]
) -> None:
    path, _ = make_key(tmp_path, "desk", *algorithms)
    first, *others = pem.blocks(path.read_bytes())
    honest = [key.raw_public for key in sk.open_sealed(path.read_bytes(), PASSPHRASE)]
    for position in range(40, len(first.der), 29):
        der = bytearray(first.der)
        der[position] ^= 1
        changed = pem.text([first._replace(der=bytes(der)), *others])
        # AES-CBC has no seal of its own: what still opens is another key, as its public half tells.
        with contextlib.suppress(Fault):
            opened = [key.raw_public for key in sk.open_sealed(changed, PASSPHRASE)]
            assert opened != honest
            assert len(opened) == len(honest)


def test_a_public_file_is_not_taken_for_a_secret_one_nor_the_other_way(tmp_path: Path) -> None:
    path, _ = make_key(tmp_path, "desk")
    with pytest.raises(Fault, match="expected ENCRYPTED PRIVATE KEY"):
        sk.open_sealed((tmp_path / "desk.pub.pem").read_bytes(), PASSPHRASE)
    with pytest.raises(Fault, match="expected PUBLIC KEY"):
        sk.read_public(path.read_bytes())
    with pytest.raises(Fault, match="no PEM block"):
        sk.read_public(b"not a key\n")


def test_one_file_is_one_signer(tmp_path: Path) -> None:
    two = b"".join(sk.public_file((sk.generate(sk.ED25519),)) for _ in range(2))
    with pytest.raises(Fault, match="one file is one signer"):
        sk.read_public(two)


@pytest.mark.interop
def test_openssl_makes_a_key_that_is_encrypted_here_and_reads_it_back(tmp_path: Path, passphrase_file: Path) -> None:
    made, out = tmp_path / "made.pem", tmp_path / "desk.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", made], check=True)
    refused = call("key", "show", made)
    assert (refused.code, "key.unencrypted" in refused.err) == (2, True)
    result = call("key", "new", "--from", made, "--out", out, "--json")
    assert result.code == 0, result.err
    assert "destroy it" in result.err
    plain = subprocess.run(["openssl", "pkey", "-in", made, "-pubout"], check=True, capture_output=True).stdout
    sealed = subprocess.run(
        ["openssl", "pkey", "-in", out, "-passin", f"file:{passphrase_file}", "-pubout"],
        check=True,
        capture_output=True,
    ).stdout
    assert plain == sealed == (tmp_path / "desk.pub.pem").read_bytes()


@pytest.mark.interop
@pytest.mark.parametrize("scheme", [["-v2", "aes-256-cbc"], ["-scrypt"]])
def test_a_key_that_openssl_encrypted_is_read(tmp_path: Path, passphrase_file: Path, scheme: list[str]) -> None:
    made, out = tmp_path / "made.pem", tmp_path / "sealed.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", made], check=True)
    command: list[str | Path] = [
        "openssl",
        "pkcs8",
        "-topk8",
        *scheme,
        "-in",
        made,
        "-out",
        out,
        "-passout",
        f"file:{passphrase_file}",
    ]
    subprocess.run(command, check=True)
    assert call("key", "show", out).code == 0


def test_a_key_is_encrypted_anew_under_another_passphrase(tmp_path: Path, passphrase_file: Path) -> None:
    old, signer = make_key(tmp_path, "old", sk.ED25519, sk.ML_DSA_65)
    out = tmp_path / "new.pem"
    args = ["key", "new", "--from", old, "--from-passphrase-file", passphrase_file, "--out", out, "--json"]
    result = call(*args, passphrase=b"quite another passphrase")
    assert result.code == 0, result.err
    assert result.json["signer"] == signer
    assert call("key", "show", out).code == 2
    assert call("key", "show", out, passphrase=b"quite another passphrase").code == 0


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    raw = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)
    )
    path = tmp_path / "curve.pem"
    path.write_bytes(raw)
    result = call("key", "show", path)
    assert (result.code, "key.malformed" in result.err) == (3, True)


def test_no_secret_ever_reaches_the_screen_or_the_arguments(tmp_path: Path) -> None:
    path, _ = make_key(tmp_path, "desk")
    raw = sk.open_sealed(path.read_bytes(), PASSPHRASE)[0].private.private_bytes_raw()
    shown = call("key", "show", path)
    assert raw.hex() not in shown.out + shown.err
    assert PASSPHRASE.decode() not in shown.out + shown.err
    assert call("key", "show", path, "--passphrase", "secret words here").code == 2
