"""Requests that no honest client sends: cut, contradictory, led astray, or a good envelope with something changed. None of
them writes anything or breaks anything, and each is told what to do instead.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.stage import DSSE, Sent, Stage, problem
from tests.web.wire import ask, raw
from verifier.errors import kinds

# Below the application, and beside it.

POST = b"POST /statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: many\r\n\r\n{}", b"400"),
        (b"Content-Length: -1\r\n\r\n{}", b"400"),
        (b"Content-Length: +2\r\n\r\n{}", b"400"),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", b"400"),
        (b"Transfer-Encoding: gzip\r\n\r\n{}", b"501"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", b"400"),
        (b"X: " + b"x" * 40_000 + b"\r\n\r\n", b"431"),
        (b"Content-Length: 99999999999\r\n\r\n{}", b"413"),
    ],
    ids=["no number", "less than nothing", "a sign", "two lengths", "a coding", "no chunk", "long head", "long body"],
)
def test_what_is_no_request(stage: Stage, head: bytes, status: bytes) -> None:
    before = stage.written()
    found = raw(stage.port, POST + head)
    assert found.split(b" ")[1] == status, found[:300]
    assert json.loads(found.partition(b"\r\n\r\n")[2])["next"]
    assert stage.written() == before


@pytest.mark.parametrize("cut", [1, 10, 1_000])
def test_a_cut_body_is_never_answered_with_success(stage: Stage, cut: int) -> None:
    whole, before = stage.drill(), stage.written()
    found = raw(stage.port, POST + b"Content-Length: %d\r\n\r\n" % len(whole), whole[:-cut])
    assert b" 200 " not in found[:20]
    assert b" 202 " not in found[:20]
    assert stage.written() == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/statements", 405),
        ("PUT", "/statements", 405),
        ("GET", "/statements/batch", 400),
        ("DELETE", "/statements/" + "a" * 64, 405),
        ("POST", "/checkpoint", 405),
        ("PUT", "/tile/0/000", 405),
        ("DELETE", "/history/size", 405),
        ("PATCH", "/parties/XA", 405),
        ("GET", "/statements/" + "a" * 64, 404),
        ("GET", "/statements/" + "a" * 64 + "/receipt", 404),
        ("GET", "/statements/XYZ", 400),
        ("GET", "/statements/" + "A" * 64, 400),
        ("GET", "/statements/" + "a" * 65, 400),
        ("GET", "/parties/ZZ", 404),
        ("GET", "/parties/xa", 404),
        ("GET", "/parties/..", 404),
        ("GET", "/tile/0/../../../log.sqlite", 404),
        ("GET", "/tile/entries/%2e%2e/%2e%2e/log.sqlite", 404),
        ("GET", "/tile/entries/..%2f..%2f..%2flog.sqlite", 404),
        ("GET", "/tile/0/000%00", 404),
        ("GET", "/history/../../log.sqlite", 404),
        ("GET", "/attachments/../checkpoint", 404),
        ("GET", "/attachments/%2e%2e%2fcheckpoint", 404),
        ("GET", "/../log.sqlite", 404),
        ("GET", "//etc/passwd", 404),
        ("GET", "/tile/64/000", 404),
        ("GET", "/tile/-1/000", 404),
        ("GET", "/tile/0/1", 404),
        ("GET", "/tile/0/x001/x234", 404),
        ("GET", "/tile/0/000.p/0", 404),
        ("GET", "/history/999", 404),
        ("GET", "/attachments/" + "0" * 64, 404),
        ("GET", "/log.sqlite", 404),
        ("GET", "/nothing", 404),
    ],
)
def test_what_is_not_there(method: str, path: str, status: int, stage: Stage) -> None:
    before = stage.written()
    head, _, body = raw(
        stage.port, f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    ).partition(b"\r\n\r\n")
    told = json.loads(body)
    assert (head.split(b" ")[1], told["status"]) == (b"%d" % status, status)
    assert (told["next"], status) == (kinds()[told["code"]].next, kinds()[told["code"]].status)
    assert (b"\r\nAllow: " in head) == (status == 405)
    assert b"SQLite format" not in body
    assert stage.written() == before


# Anything.


@st.composite
def changes(draw: st.DrawFn, good: bytes) -> bytes:
    """The bytes of a good envelope after a bit flip, another byte, a cut, a gap, a repetition or a swap."""
    kind = draw(st.sampled_from(["bit", "byte", "cut", "gap", "twice", "swap"]))
    at = draw(st.integers(0, len(good) - 1))
    to = draw(st.integers(at, min(len(good), at + 40)))
    changed = {
        "bit": lambda: good[:at] + bytes([good[at] ^ 1 << draw(st.integers(0, 7))]) + good[at + 1 :],
        "byte": lambda: good[:at] + bytes([draw(st.integers(0, 255))]) + good[at + 1 :],
        "cut": lambda: good[:at],
        "gap": lambda: good[:at] + good[to:],
        "twice": lambda: good[:to] + good[at:],
        "swap": lambda: good[to:] + good[:to],
    }
    return changed[kind]()


@pytest.mark.parametrize("party", ["XA", "XB"], ids=["a pair of keys", "one key"])
def test_no_change_of_a_good_envelope_is_taken_or_breaks_anything(stage: Stage, party: str) -> None:
    good, before = stage.drill(party), stage.written()
    tried: list[str] = []

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(changes(good))
    def hostile(body: bytes) -> None:
        if body != good:
            answer = ask(stage.port, "POST", "/statements", body, DSSE)
            told = json.loads(answer.body)
            assert 400 <= answer.status < 500, (answer.status, body)
            problem(answer, kinds()[told["code"]].status, told["code"])
            tried.append(told["code"])

    hostile()
    assert len(tried) > 200
    assert len(set(tried)) >= 4, "they were refused for different reasons"
    assert stage.written() == before
    assert stage.send(Sent(good)).status == 200
    stage.people.announce(party)  # the same statement: the next one is drafted on top of it
