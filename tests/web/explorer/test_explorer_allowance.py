"""How much one address may ask for, and what is said to one that asked for more; what programs ask of every site."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from limits.storage import MemoryStorage

from tests.web.explorer.conftest import Site, site
from verifier.errors import Fault
from web.explorer import create_explorer_app
from web.explorer.allowance import Allowance
from web.explorer.wellknown import contact_of

MIB = 2**20


def limited(tmp_path: Path, **allowed: int | None) -> Site:
    """A site with that allowance, and no other."""
    made = site(tmp_path)
    allowance = Allowance(**{"reading": None, "checks": None, "certificates": None, "files": None, **allowed})
    made.client = create_explorer_app(made.copy, clock=lambda: made.now[0], limits=allowance).test_client()
    return made


def from_(address: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address}


def test_reading_is_counted_for_each_address_and_the_refusal_says_how_long(tmp_path: Path) -> None:
    found = limited(tmp_path, reading=5)
    get = found.client.get
    for address in ("/", "/statements.json", "/nothing", "/nothing.json", "/find?q=4"):
        assert get(address, environ_base=from_("192.0.2.1")).status_code in (200, 303, 404)
    page, data = (get(one, environ_base=from_("192.0.2.1")) for one in ("/statements", "/statements.json"))
    assert (page.status_code, page.mimetype) == (429, "text/html")
    assert (data.status_code, data.mimetype) == (429, "application/problem+json")
    assert data.json["code"] == "http.too-many"  # type: ignore[index]
    for refused in (page, data):
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["Cache-Control"] == "no-store"
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert "http.too-many" in page.text
    assert "طلب عنوانك أكثر" in get("/ar/statements", environ_base=from_("192.0.2.1")).text
    assert get("/statements", environ_base=from_("192.0.2.2")).status_code == 200


def test_of_ipv6_a_customer_counts_as_one(tmp_path: Path) -> None:
    found = limited(tmp_path, reading=2)
    codes = [found.client.get("/help.json", environ_base=from_(f"2001:db8:1:2:{n}::1")).status_code for n in range(4)]
    assert codes == [200, 200, 429, 429]
    assert found.client.get("/help.json", environ_base=from_("2001:db8:1:3::1")).status_code == 200
    mapped = [
        found.client.get("/help.json", environ_base=from_(one)).status_code for one in ("::ffff:192.0.2.9", "192.0.2.9")
    ]
    assert (mapped, found.client.get("/help.json", environ_base=from_("192.0.2.9")).status_code) == ([200, 200], 429)


def test_what_is_free_stays_free(tmp_path: Path) -> None:
    found = limited(tmp_path, reading=1)
    for _n in range(5):
        for address in ("/static/explorer.css", "/static/verify/check.js", "/live.json"):
            assert found.client.get(address, environ_base=from_("192.0.2.1")).status_code == 200
        assert found.client.get("/help", environ_base=from_("127.0.0.1")).status_code == 200
        assert found.client.get("/help", environ_base=from_("::1")).status_code == 200
    codes = [found.client.get("/help", environ_base=from_("192.0.2.1")).status_code for _n in range(2)]
    assert codes == [200, 429]


def test_a_long_check_costs_more_than_a_short_one(tmp_path: Path) -> None:
    found = limited(tmp_path, checks=10)
    long = b"x" * (MIB - 1)
    codes = [
        found.client.post("/check.json", data=body, content_type="text/plain").status_code
        for body in (b"5", long, long, b"5", b"5", b"5", b"5")
    ]
    assert codes == [200, 200, 200, 200, 429, 429, 429]
    told = found.client.post("/check", data={"text": "5"})
    assert "offline page" in told.text
    assert found.client.get("/check").status_code == 200


def test_certificates_and_the_whole_copy_are_counted_apart(tmp_path: Path) -> None:
    found = limited(tmp_path, certificates=1, files=2)
    paper = f"/s/{found.ids['drill']}/certificate.pdf"
    assert [found.client.get(paper).status_code for _n in range(2)] == [200, 429]
    codes = [found.client.get("/data/nothing").status_code for _n in range(3)]
    assert codes == [404, 404, 429]
    assert found.client.head("/data/nothing").status_code == 404
    assert found.client.get(f"/s/{found.ids['drill']}").status_code == 200


def test_who_asked_is_forgotten_when_the_window_is_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = limited(tmp_path, reading=3)
    (limiter,) = found.client.application.extensions["limiter"]
    storage = limiter.storage
    assert isinstance(storage, MemoryStorage)
    for n in range(500):
        found.client.get("/robots.txt", environ_base=from_(f"198.51.{n // 250}.{n % 250}"))
    assert len(storage.storage) == 500
    later = time.time() + 61
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: later)
    for _n in range(100):
        found.client.get("/robots.txt", environ_base=from_("192.0.2.1"))
        if len(storage.storage) == 1:
            break
        time.sleep(0.02)
    assert len(storage.storage) == len(storage.expirations) == 1
    assert len(storage.locks) <= 1


def test_the_defaults_are_generous_to_readers_and_strict_with_what_costs() -> None:
    allowed = Allowance()
    assert allowed.reading is not None
    assert allowed.reading >= 1_000
    assert all(most is not None and most <= 30 for most in (allowed.checks, allowed.certificates, allowed.files))


# What programs ask of every site.


def test_whom_to_tell_of_a_flaw_is_said_where_the_operator_says_it(shown: Site) -> None:
    def asked(contact: str | None) -> Any:
        app = create_explorer_app(shown.copy, clock=lambda: 1_767_254_580, contact=contact)
        return app.test_client().get("/.well-known/security.txt")

    assert asked(None).status_code == 404
    answer = asked(contact_of("mailto:security@record.example"))
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert answer.text == (
        "Contact: mailto:security@record.example\nExpires: 2026-06-30T00:00:00Z\nPreferred-Languages: en\n"
    )


NO_CONTACTS = ("security@record.example", "mailto:a\nContact: b", "http://x.example/", "mailto:", "javascript:x()")


@pytest.mark.parametrize("text", NO_CONTACTS)
def test_what_is_no_contact_is_refused(text: str) -> None:
    with pytest.raises(Fault) as caught:
        contact_of(text)
    assert caught.value.code == "serve.contact"


def test_robots_and_the_icon(shown: Site) -> None:
    robots = shown.client.get("/robots.txt")
    assert robots.text.startswith("User-agent: *\n")
    icon = shown.client.get("/favicon.ico")
    assert shown.client.get(icon.headers["Location"]).mimetype == "image/svg+xml"
