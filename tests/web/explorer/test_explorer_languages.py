"""Six languages: one address each, everything on a page in one of them, and the words of states and of machines left alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from tests.web.explorer.test_explorer_pages import DOWNLOADS, PAGES, at, twin
from tests.web.explorer.world import ARABIC, source
from verifier import vocabulary
from web.explorer.records import fields
from web.explorer.wording import catalogues, kinds, languages, words

Speaking = Callable[[str, Callable[[], str]], str]
OTHERS = [code for code in languages.LANGUAGES if code != languages.ENGLISH]
JUDGED = (
    *("/obligations", "/obligations?party=XB", "/pledges", "/pledges/{pledge}", "/compare", "/compare?parties=XA,XB"),
    *("/incidents", "/channels", "/calendar", "/calendar?from=2026-01", "/check"),
)
"""Pages that the list of those in English has apart."""
FOREIGN = re.compile(
    r"<(bdi|code|pre|select|script|style|svg|title)\b.*?</\1>|<(\w+) class=\"(?:langs|code|ctl)\".*?</\2>|<[^>]*>",
    re.DOTALL,
)
"""What is not in the language of the page: words of states and of the verifier, machine text, names; and the markup."""
KNOWN = {
    *("Detente", "SHA", "UTC", "JSON", "DSSE", "HTTP", "GET", "HEAD", "YYYY", "Allow", "json", "base64", "kB"),
    *("Ed25519", "ML", "DSA", "CSV", "Atom", "PDF", "ics", "MB", "XA", "XB", "XC"),
}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("page", [*PAGES, *JUDGED])
def test_a_page_in_a_language(shown: Site, page: str, language: str) -> None:
    address = at(shown, page)
    answer = shown.client.get(f"/{language}{address}")
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, language)
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    found = read(answer.text)
    assert found.problems == []
    assert found.every("html")[0] == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
    alternates = {one["hreflang"]: one["href"] for one in found.every("link") if "hreflang" in one}
    assert set(alternates) == {*languages.LANGUAGES, "x-default"}
    assert alternates[language] == f"/{language}{address}"
    assert alternates["x-default"] == address
    assert f'href="{twin(address).replace("&", "&amp;")}"' in answer.text


@pytest.mark.parametrize("page", [*PAGES, *JUDGED])
def test_a_reader_stays_in_the_language(shown: Site, page: str) -> None:
    text = shown.text(f"/ar{at(shown, page)}")
    chooser = {languages.to(at(shown, page), code) for code in languages.LANGUAGES}
    found = read(text)
    for attributes in [*found.every("a"), *found.every("form")]:
        href = (attributes.get("href") or attributes.get("action") or "").removeprefix("webcal://localhost")
        if href.startswith("#") or href in chooser:
            continue
        assert href.startswith("/ar/") or languages.neutral(href.partition("?")[0]), href
        if "/find?q=" not in href and "href" in attributes:
            assert shown.client.get(href).status_code == 200, f"{href} on {page}"


@pytest.mark.parametrize("language", ["ar", "zh", "ru"])
@pytest.mark.parametrize("page", [*PAGES, *JUDGED])
def test_nothing_on_a_page_is_left_in_english(shown: Site, page: str, language: str) -> None:
    """In another script whatever is Latin stands out."""
    plain = unescape(FOREIGN.sub(" ", shown.text(f"/{language}{at(shown, page)}")))
    plain = re.sub("[«“][a-z-]+[»”]", " ", plain)  # the id of a rule, quoted
    left = [word for word in re.findall(r"[A-Za-z][A-Za-z0-9]+", plain) if word not in KNOWN]
    assert left == [], plain[:2000]


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_not_here_is_said_in_the_language(shown: Site, language: str) -> None:
    text = shown.text(f"/{language}/records/99999", 404)
    assert catalogues.load(language).gettext("Not found here") in unescape(text)
    assert f'lang="{language}"' in text


def test_english_stands_at_the_address_itself(shown: Site) -> None:
    assert 'lang="en"' in shown.text("/statements")
    answer = shown.client.get("/en/statements?q=x")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/statements?q=x")
    answer = shown.client.get("/fr")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/fr/")
    elsewhere = ("/en//evil.example", "/en/%2F/evil.example", "/fr//evil.example/x.json")
    for page in ("/de/statements", "/fr/fr/statements", "/frstatements", "/fr//statements", *elsewhere):
        assert shown.client.get(page).status_code == 404, page
    for page in ("/en/\\evil.example", "/en/%0d%0aSet-Cookie:x", "/fr/@evil.example/x.json"):
        place = shown.client.get(page).headers["Location"]
        assert place.startswith("/"), place
        assert not place.startswith(("//", "/\\")), place
        assert "\n" not in place


@pytest.mark.parametrize("address", [*map(twin, PAGES), *DOWNLOADS, "/static/explorer.css?v=1"])
def test_data_has_one_address(shown: Site, address: str) -> None:
    place = at(shown, address)
    answer = shown.client.get(f"/fr{place}")
    assert (answer.status_code, answer.headers["Location"]) == (308, place)
    plain = shown.client.get(place)
    french = shown.client.get(place, headers={"Accept-Language": "fr"})
    assert plain.data == french.data
    assert "Vary" not in plain.headers


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "/fr/"),
        ("zh-CN,zh;q=0.9", "/zh/"),
        ("ar", "/ar/"),
        ("de, ru;q=0.5, en;q=0.4", "/ru/"),
        ("en-GB,en;q=0.9,fr;q=0.8", None),
        ("de", None),
        ("*", None),
        ("", None),
        ("fr;q=broken, \u00ff", None),
    ],
)
def test_the_door_sends_a_reader_on_by_what_the_browser_asks_for(shown: Site, asked: str, place: str | None) -> None:
    answer = shown.client.get("/", headers={"Accept-Language": asked})
    assert answer.status_code == (302 if place else 200)
    assert answer.headers.get("Location") == place
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"]


def test_only_the_door_heeds_the_browser(shown: Site) -> None:
    for page in ("/statements", "/en/", "/help", "/s/{drill}".format(**shown.ids)):
        answer = shown.client.get(page, headers={"Accept-Language": "ar"})
        assert (answer.status_code, answer.headers["Content-Language"]) == (200, "en")
        assert "Vary" not in answer.headers
    assert 'href="/en/"' in shown.text("/help"), "an English page leads to the home page that sends nobody on"


@pytest.mark.parametrize(
    "path", ["/\\evil.example", "/%5c%5cevil.example/", "/%2f%2fevil.example", '/"><b>', "/\u202e"]
)
def test_no_link_of_a_page_leads_elsewhere(shown: Site, path: str) -> None:
    for attributes in read(shown.text(path, 404)).every("a"):
        href = attributes["href"] or ""
        assert href.startswith(("/", "#")), href
        assert not href.startswith(("//", "/\\")), href


def test_finding_stays_in_the_language(shown: Site) -> None:
    answer = shown.client.get("/fr/find", query_string={"q": "4"})
    assert answer.headers["Location"] == "/fr/s/{drill}".format(**shown.ids)
    assert shown.client.get("/fr/find?q=harbour").headers["Location"] == "/fr/statements?q=harbour"


def test_names_labels_and_rules_speak_the_language(shown: Site) -> None:
    page = unescape(shown.text("/ar/s/{drill}".format(**shown.ids)))
    assert "جمهورية أرفينيا" in page
    assert kinds.labels("ar")["types"]["drill-announcement"]["label"] in page
    assert kinds.labels("ar")["fields"]["purpose"]["label"] in page
    pledge = unescape(shown.text("/fr/s/{pledge}".format(**shown.ids)))
    name = vocabulary.load().catalogue("un-norms", "fr")["entries"]["f"]["name"]["fr"]
    assert name in pledge
    assert "La règle «\u00a0drill-notice\u00a0» fixe un délai." in pledge or "fixe un délai" in pledge
    assert "à titre non officiel" in pledge
    assert "Traduction non officielle" in pledge
    assert "unofficially" in shown.text("/s/{pledge}".format(**shown.ids))
    assert "Unofficial translation" not in shown.text("/s/{pledge}".format(**shown.ids))


def test_words_of_a_state_are_never_translated(shown: Site) -> None:
    for language in languages.LANGUAGES:
        page = shown.text(f"/{language}/s/{shown.ids['arabic']}" if language != "en" else f"/s/{shown.ids['arabic']}")
        assert f'<bdi lang="ar" dir="auto">{ARABIC}</bdi>' in page
        hostile = shown.text(languages.to(f"/s/{shown.ids['hostile']}", language))
        assert 'class="ctl" title="U+202E right-to-left override">U+202E<' in hostile
        assert not set("\u202e\u2066\u200b") & set(hostile)


def test_a_text_in_several_languages_begins_with_the_readers(shown: Site) -> None:
    texts = vocabulary.load().example("pledge")["body"]["text"]
    assert set(texts) == {"en", "fr"}
    for language, first, second in (("fr", "fr", "en"), ("en", "en", "fr"), ("ru", "en", "fr")):
        page = unescape(shown.text(languages.to("/s/{pledge}".format(**shown.ids), language)))
        one, other = page.index(texts[first]), page.index(texts[second])
        assert one < page.index("<details", one) < other
        assert f'<span class="code">{first}</span> {told(language, first)}' in page


def test_a_sealed_text_in_one_of_its_languages_is_shown_as_sealed(own: Site) -> None:
    body = {**vocabulary.load().example("pledge")["body"]}
    body["text"] = {**body["text"], "fr": None}
    seal = [{"pointer": "/body/text/fr", "digest": "ab" * 32, "tlp": "TLP:AMBER", "opens": "2026-12-01T00:00:00Z"}]
    statement = own.world.say("XB", "pledge", body, sealed=seal)
    own.world.checkpoint()
    own.world.write(own.log)
    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    page = unescape(own.text(f"/fr/s/{statement}"))
    assert f'<span class="code">fr</span> {told("fr", "fr")}' in page
    assert catalogues.load("fr").gettext("Sealed: committed to, not shown here.") in page
    assert '<code dir="ltr">TLP:AMBER</code>' in page


def told(language: str, tag: str) -> str:
    return words._language_name(tag, languages.LANGUAGES[language].locale)


def test_the_verifiers_own_words_are_marked_as_english(shown: Site) -> None:
    page = shown.text("/zh/ledger")
    assert '<bdi lang="en" dir="ltr">/sequence: the next statement of XC' in page
    assert catalogues.load("zh").gettext("What the verifier says stands in its own words, which are English.") in page
    assert '<bdi lang="en" dir="ltr">' not in shown.text("/ledger")


def test_severity_class_and_sector_are_words(speaking: Speaking) -> None:
    body = vocabulary.load().example("incident-assessment")["body"]
    said: Any = SimpleNamespace(type="incident-assessment", body=body, sealed=(), language="en")

    def shown_as(name: str) -> str | None:
        return next(one.shown for one in fields.read(said) if one.pointer == f"/body/{name}")

    for language in languages.LANGUAGES:
        for name, catalogue in (("severity", "severity"), ("class", "rsit")):
            entry = vocabulary.load().catalogue(catalogue, language)["entries"][str(body[name])]
            assert speaking(language, lambda name=name: str(shown_as(name))) == entry["name"][language]  # type: ignore[misc]


@pytest.fixture
def speaking() -> Speaking:
    """What a function says on a page in a language."""
    app = Flask("speaking")
    catalogues.install(app)

    def said(language: str, what: Callable[[], str]) -> str:
        with app.test_request_context("/", environ_overrides={languages._KEY: language}):
            return what()

    return said


@pytest.mark.parametrize(
    ("language", "moment", "length", "count"),
    [
        ("en", "24 November 2026, 09:10", "1 day 2 hours", "1,284"),
        ("fr", "24 novembre 2026, 09:10", "1\u00a0jour 2\u00a0heures", "1\u202f284"),
        ("es", "24 de noviembre de 2026, 09:10", "1 día 2 horas", "1.284"),
        ("ru", "24 ноября 2026\u202fг., 09:10", "1 день 2 часа", "1\u00a0284"),
        ("ar", "24 تشرين الثاني/نوفمبر 2026، 09:10", "يوم وساعتان", "1,284"),
        ("zh", "2026年11月24日 09:10", "1天 2小时", "1,284"),
    ],
)
def test_times_lengths_and_numbers(speaking: Speaking, language: str, moment: str, length: str, count: str) -> None:
    assert speaking(language, lambda: words.minute("2026-11-24T09:10:02Z")) == moment
    assert speaking(language, lambda: words.duration(93_600)) == length
    assert speaking(language, lambda: words.number(1284)) == count
    assert moment in str(speaking(language, lambda: words.time_tag("2026-11-24T09:10:02Z")))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ru", ["1 байт", "2 байта", "5 байт", "21 байт"]),
        ("ar", ["بايت واحد", "بايتان", "5 بايتات", "21 بايتا"]),
        ("zh", ["1字节", "2字节", "5字节", "21字节"]),
    ],
)
def test_plurals(speaking: Speaking, language: str, said: list[str]) -> None:
    assert [speaking(language, lambda n=n: words.octets(n)) for n in (1, 2, 5, 21)] == said  # type: ignore[misc]


def test_what_is_filled_in_is_escaped_and_markup_is_not(speaking: Speaking) -> None:
    said = speaking(
        "fr", lambda: words.shown("%(party)s, office %(office)s", party="<b>", office=words.Markup("<i>x</i>"))
    )
    assert said == "&lt;b&gt;, service <i>x</i>"


@pytest.mark.parametrize("tag", ["zz-qqqq-9", "", "\u202e", "x" * 400, "en_US"])
def test_a_language_without_a_name_is_called_by_its_tag(tag: str) -> None:
    assert words.language_name(tag) == tag or tag == "en_US"
