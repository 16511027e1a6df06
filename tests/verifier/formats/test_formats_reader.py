"""The strict reader, times and durations: one spelling each, and nothing that Python alone would have let through."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import Fault
from verifier.formats import reader, times

A = TypeVar("A")
B = TypeVar("B")


def outcome(read: Callable[[A], B], given: A) -> tuple[B | None, str]:
    """What a reader gives, or None and the code of its fault."""
    try:
        return read(given), ""
    except Fault as fault:
        return None, fault.code


def refused(code: str) -> pytest.RaisesExc[Fault]:
    return pytest.RaisesExc(Fault, check=lambda fault: fault.code == code)


@given(st.integers(0, 2**63 - 1))
def test_decimal_round_trip(number: int) -> None:
    assert reader.decimal(str(number)) == number


@given(st.text(max_size=6))
def test_decimal_has_one_spelling(text: str) -> None:
    found, code = outcome(reader.decimal, text)
    assert code == "text.malformed" if found is None else str(found) == text


@pytest.mark.parametrize("text", ["", " 1", "1\n", "+1", "-0", "1_0", "00", "٣", "１", "²", "0x1", "1e3", "9" * 5000])
def test_decimal_refuses_what_int_would_take(text: str) -> None:
    with refused("text.malformed"):
        reader.decimal(text)


def test_decimal_bound_and_code() -> None:
    assert reader.decimal("7", most=7) == 7
    with refused("time.malformed"):
        reader.decimal("8", most=7, code="time.malformed")


@given(st.binary(max_size=80))
def test_base64_round_trip(value: bytes) -> None:
    text = base64.b64encode(value).decode()
    assert reader.base64_bytes(text, length=len(value)) == value
    with refused("text.malformed"):
        reader.base64_bytes(text, length=len(value) + 1)


@given(st.text(alphabet="AQYWJhbGk+/-_= \n\x00é", max_size=12))
def test_base64_has_one_spelling(text: str) -> None:
    found, code = outcome(reader.base64_bytes, text)
    assert code == "text.malformed" if found is None else base64.b64encode(found).decode() == text


@pytest.mark.parametrize("text", ["YWJ=", "YWI", "YWI==", "YW I=", "YWI=\n", "YWI=YWI=", "_-8=", "ＹWI=", "=", "A"])
def test_base64_refuses_what_b64decode_would_take(text: str) -> None:
    with refused("text.malformed"):
        reader.base64_bytes(text)


@given(st.binary(min_size=32, max_size=32))
def test_hex_round_trip(value: bytes) -> None:
    assert reader.hex_bytes(value.hex()) == value


@pytest.mark.parametrize("text", ["", "ab", "AB" * 32, "zz" * 32, "٣٣" * 32, " a" * 32, "ab" * 33, "0x" + "ab" * 31])
def test_hex_refuses(text: str) -> None:
    with refused("text.malformed"):
        reader.hex_bytes(text)


@given(st.lists(st.text(st.characters(codec="utf-8", min_codepoint=0x20), max_size=9), max_size=5))
def test_lines_round_trip(texts: list[str]) -> None:
    raw = "".join(text + "\n" for text in texts).encode()
    assert reader.lines(raw) == texts


def test_lines_end_in_newline_only() -> None:
    assert reader.lines("a\x85b\u2028c\u2029d\n\n".encode()) == ["a\x85b\u2028c\u2029d", ""]


@pytest.mark.parametrize(
    "raw", [b"a", b"a\nb", b"a\r\n", b"a\tb\n", b"\x00\n", b"\x1f\n", b"\xff\n", b"\xed\xa0\x80\n"]
)
def test_lines_refuse(raw: bytes) -> None:
    with refused("text.malformed"):
        reader.lines(raw, where="here")


def test_a_control_character_is_located() -> None:
    with pytest.raises(Fault, match=r"^here: line 2 holds the control character U\+000D"):
        reader.lines(b"a\nb\r\n", where="here")


@given(st.integers(0, 253_402_300_799))
def test_utc_round_trip(seconds: int) -> None:
    text = times.format_utc(seconds)
    assert times.parse_utc(text) == seconds
    assert datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() == seconds


def test_utc_known_moments() -> None:
    assert times.parse_utc("1970-01-01T00:00:00Z") == 0
    assert times.parse_utc("2000-02-29T23:59:59Z") == 951_868_799
    assert times.format_utc(253_402_300_799) == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    "text",
    [
        "", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00:00+00:00", "2024-01-01 00:00:00Z",
        "2024-01-01t00:00:00z", "2024-01-01T00:00:00.0Z", "2024-01-01T00:00:60Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z", "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-04-31T00:00:00Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
        "٢٠٢٤-01-01T00:00:00Z", "2024-01-01T00:00:00Z\n", " 2024-01-01T00:00:00Z", "24-01-01T00:00:00Z",
        "20240101T000000Z", "2024-W01-1T00:00:00Z", "12024-01-01T00:00:00Z", "2024-1-01T00:00:00Z",
    ],
)  # fmt: skip
def test_utc_refuses(text: str) -> None:
    with refused("time.malformed"):
        times.parse_utc(text)


@pytest.mark.parametrize("seconds", [-1, 253_402_300_800])
def test_utc_is_not_written_outside_its_years(seconds: int) -> None:
    with refused("time.malformed"):
        times.format_utc(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P2W", 1_209_600), ("P14D", 1_209_600), ("PT24H", 86_400), ("P1DT12H", 129_600), ("PT30M", 1_800),
        ("PT1H30M", 5_400), ("P1DT1H1M", 90_060), ("PT0M", 0), ("P1DT0H", 86_400), ("P365D", 31_536_000),
        ("PT100M", 6_000),
    ],
)  # fmt: skip
def test_duration(text: str, seconds: int) -> None:
    assert times.parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P1DT", "P1M", "P1Y", "PT1S", "PT1M1S", "P1W1D", "P1WT1H", "P1D1H", "PT1D", "PT1M1H", "PT1.5H",
        "PT1,5H", "P-1D", "-P1D", "+P1D", "P+1D", "p1d", "P01D", "PT00M", "P0D", "P0W", "PT0H", "P0DT0M", "P٣D", "P1D ",
        " P1D", "P1D\n", "1D", "P1", "P99999999999W", "P" + "9" * 30 + "D", "P" + "9" * 5000 + "D",
    ],
)  # fmt: skip
def test_duration_refuses(text: str) -> None:
    with refused("duration.malformed"):
        times.parse_duration(text)
