"""The public address: whatever host a request names, what leaves the site with an address in it says the one given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import told
from verifier.errors import Fault
from web.cli import run
from web.explorer import create_explorer_app
from web.explorer.certificate.contents import contents
from web.explorer.public import public_address

PUBLIC = "https://record.example"
ELSEWHERE = {"Host": "elsewhere.example", "X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "http"}


def client(site: Site, public: str | None = PUBLIC) -> FlaskClient:
    return create_explorer_app(site.copy, clock=lambda: site.now[0], public=public).test_client()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://record.example", "https://record.example"),
        ("https://record.example/", "https://record.example"),
        ("HTTPS://Record.Example:8443", "https://record.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[2001:db8::1]:443/", "https://[2001:db8::1]:443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_an_address_is_read(given: str, read: str) -> None:
    assert public_address(given) == read
    assert public_address(read) == read


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "record.example",
            "//record.example",
            "ftp://record.example",
            "javascript:alert(1)",
            "https://",
            "https:///x",
        ),
        *(
            "https://record.example/ledger",
            "https://record.example?x",
            "https://record.example?",
            "https://record.example#x",
        ),
        *("https://user:word@record.example", "https://@record.example", "https://record.example:0x50"),
        *(
            "https://record.example:99999",
            "https://record.example:",
            "https://re cord.example",
            "https://record..example",
        ),
        *(
            "https://-record.example",
            "https://record.example\r\nX: y",
            "https://récord.example",
            "https://[::1",
            "https://a_b",
        ),
        "https://" + "a." * 150 + "example",
    ],
)
def test_what_is_no_address_of_a_site_is_refused(given: str) -> None:
    with pytest.raises(Fault) as caught:
        public_address(given)
    assert caught.value.code == "serve.public-address"


def test_the_command_refuses_before_anything_runs(tmp_path: Path) -> None:
    world, _ids = told(tmp_path / "log")
    (tmp_path / "policy").write_text(world.policy_text)
    given = ["--policy", str(tmp_path / "policy"), "--copy", str(tmp_path / "copy"), "--listen", "127.0.0.1:0"]
    assert run(["explore", str(tmp_path / "log"), *given, "--public-address", "record.example"]) == 2


@pytest.mark.parametrize("address", ["/statements.atom", "/fr/statements.atom?party=XA"])
def test_a_feed_names_the_public_address(own: Site, address: str) -> None:
    text = client(own).get(address, headers=ELSEWHERE).text
    assert 'href="https://record.example/' in text
    assert "elsewhere.example" not in text
    assert "http://localhost" in client(own, None).get(address).text


def test_a_certificate_names_the_public_address(own: Site) -> None:
    app = create_explorer_app(own.copy, clock=lambda: own.now[0], public=PUBLIC)
    made: list[str] = []
    real = contents

    def noted(*given: object) -> object:
        made.append(str(given[3]))
        return real(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.explorer.certificate.route.contents", noted)
        address = "/s/{drill}/certificate.pdf".format(**own.ids)
        assert app.test_client().get(address, headers=ELSEWHERE).status_code == 200
    assert made == [PUBLIC]


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("/calendar.ics", "https://record.example/calendar.ics"),
        ("/ar/calendar/XA.ics", "https://record.example/ar/calendar/XA.ics"),
        ("/calendar/XA-XB.ics", "https://record.example/calendar/XA-XB.ics"),
    ],
)
def test_a_calendar_names_where_it_is_published(own: Site, address: str, named: str) -> None:
    def source(found: FlaskClient) -> list[str]:
        text = found.get(address, headers=ELSEWHERE).text.replace("\r\n ", "")
        return [line.partition(":")[2] for line in text.split("\r\n") if line.startswith("SOURCE")]

    assert source(client(own)) == [named]
    assert source(client(own, None)) == [], "it knows no address that a request has not named"


def test_the_description_of_the_api_names_the_public_address(own: Site) -> None:
    servers = json.loads(client(own).get("/openapi.json").data)["servers"]
    assert servers[0]["url"] == "https://record.example/"
    assert all(one["url"].startswith("https://record.example/") for one in servers)
    plain = json.loads(client(own, None).get("/openapi.json").data)["servers"]
    assert plain[0]["url"] == "/"


def test_the_page_that_says_how_to_follow_names_it(own: Site) -> None:
    text = client(own).get("/follow", headers=ELSEWHERE).text
    assert "https://record.example/statements.atom" in text
    assert "elsewhere.example" not in text


def test_a_site_that_is_read_over_tls_says_so_to_browsers(own: Site) -> None:
    assert "Strict-Transport-Security" in client(own).get("/").headers
    assert "Strict-Transport-Security" not in client(own, "http://record.example").get("/").headers


def test_links_and_sending_on_stay_paths(own: Site) -> None:
    answer = client(own).get("/find?q=4", headers=ELSEWHERE)
    assert answer.headers["Location"].startswith("/")
    assert 'href="https://' not in client(own).get("/", headers=ELSEWHERE).text
