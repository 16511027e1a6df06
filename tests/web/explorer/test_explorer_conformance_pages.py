"""Every conformance page: its form, its links, its twin, its queries, its time; what is not here is said."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.web.explorer.accord import Accorded, plain, site
from tests.web.explorer.markup import read
from verifier.formats.times import format_utc
from web.explorer import Copy, create_explorer_app
from web.explorer.copy.judged_view import Judged

PAGES = (
    "/",
    "/obligations",
    "/obligations?party=XC&status=late",
    "/obligations?to=XA&month=2026-01",
    "/obligations?status=exceeded",
    "/obligations?exercise={harbour}",
    "/obligations/{late}",
    "/obligations/{contested}",
    "/obligations/{convene}",
    "/obligations/{waived}",
    "/obligations/{notice}",
    "/obligations/{limit}",
    "/obligations/{abstention}",
    "/obligations/{recurring}",
    "/obligations/{rehearsed}",
    "/pledges",
    "/pledges/{charter}",
    "/pledges/{pledge}",
    "/compare",
    "/compare?parties=XA,XB",
    "/compare?parties=XA&with=XC",
    "/incidents",
    "/incidents/{incident}",
    "/incidents/{pretended}",
    "/incidents/{asked}",
    "/channels",
    "/calendar",
    "/calendar?from=2026-01",
    "/calendar?from=2026-01&party=XA&kind=due",
    "/calendar?from=2031-01",
    "/parties/XA",
    "/parties/XB",
    "/parties/XC",
    "/parties/DEP",
    "/s/{harbour}",
    "/s/{answer}",
    "/s/{plea}",
    "/s/{charter}",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    return site(tmp_path_factory.mktemp("accord"))


@pytest.mark.parametrize("language", ["", "/ar"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_well_formed(told: Accorded, page: str, language: str) -> None:
    address = told.at(page)
    found = read(told.text(f"{language}{address}" if language or address != "/" else "/en/"))
    assert found.problems == []
    assert len(found.ids) == len(set(found.ids)), sorted(one for one in found.ids if found.ids.count(one) > 1)
    assert [len(found.every(tag)) for tag in ("h1", "main")] == [1, 1]
    assert found.every("html")[0] == ({"lang": "ar", "dir": "rtl"} if language else {"lang": "en", "dir": "ltr"})
    assert found.foreign == []
    assert not any("style" in given or any(name.startswith("on") for name in given) for _, given in found.tags)
    for given in found.every("use"):
        assert (given["href"] or "")[1:] in found.ids, given
    labelled = {given["for"] for given in found.every("label")}
    asking = [one for tag in ("input", "select") for one in found.every(tag) if one.get("type") != "hidden"]
    assert {one["id"] for one in asking} <= labelled
    for _, given in found.tags:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set((given.get(name) or "").split()) <= set(found.ids), given


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(told: Accorded, page: str) -> None:
    for given in read(told.text(page)).every("a"):
        address, _, anchor = (given["href"] or "").partition("#")
        if not address or address.startswith("/find?q="):
            continue
        answer = told.client.get(address)
        assert answer.status_code == 200, f"{given['href']} on {page}"
        if anchor and answer.mimetype == "text/html":
            assert anchor in read(answer.text).ids, f"{given['href']} on {page}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_twin_and_says_as_of_when(told: Accorded, page: str) -> None:
    found = told.json(page)
    assert found["health"]["records"] == len(told.world.records)
    with told.copy.view() as view:
        real = Judged(view).real
    assert real is not None
    judgements = [found.get("judgement"), (found.get("conformance") or {}).get("judgement")]
    for one in filter(None, judgements):
        assert one["as_of"] in one["command"]
        if one["exercise"] is None:
            assert (one["sha256"], one["as_of"]) == (real.sha256, format_utc(real.moment))


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("/obligations/" + "0" * 64, 404),
        ("/pledges/" + "0" * 64, 404),
        ("/pledges/{harbour}", 404),
        ("/incidents/" + "0" * 64, 404),
        ("/incidents/{harbour}", 404),
        ("/obligations/xyz", 404),
        ("/obligations?status=wrong", 400),
        ("/obligations?month=2026-13", 400),
        ("/obligations?page=-1", 400),
        ("/obligations?source=%22%3E%3Cscript%3E", 400),
        ("/obligations?exercise=drill", 400),
        ("/obligations?exercise={asked}", 404),
        ("/compare?parties=XA,QQ", 400),
        ("/calendar?from=yesterday", 400),
        ("/calendar?party=QQ", 400),
        ("/calendar/QQ.ics", 404),
        ("/calendar/XA-QQ.ics", 404),
    ],
)
def test_what_is_not_here_is_said(told: Accorded, page: str, status: int) -> None:
    words = plain(told.text(page, status))
    assert "explorer." in words
    assert "Internal" not in words


def test_an_empty_copy_says_so_on_every_page(tmp_path: Path) -> None:
    client = create_explorer_app(Copy(tmp_path), clock=time.time).test_client()
    for page in ("/en/", "/obligations", "/pledges", "/compare", "/incidents", "/channels", "/calendar"):
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert 'class="empty' in answer.text, page
    assert client.get("/calendar.ics").status_code == 404
    assert client.get("/obligations/" + "0" * 64).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small(told: Accorded, page: str) -> None:
    body = told.client.get(told.at(page)).data
    assert len(body) < 100_000
