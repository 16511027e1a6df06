"""The visit: from home to a drill, its pledge and its proof; the proof taken home and checked; a changed copy refused."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from icalendar import Calendar, Component
from playwright.sync_api import Browser, expect

from tests.browser import visit_files
from tests.browser.site import Demo
from tests.browser.visit import DRILL, LEFT, PLEDGE, RIGHT, RULE, SEARCH, Answer, numbers, visiting

LANGUAGES = ("en", "ar", "zh")
CHANGED: dict[str, tuple[str, Callable[[bytes], bytes], int]] = {
    "a letter of a signature": ("envelope", visit_files.letter_of_signature, 2),
    "a word of the statement": ("envelope", visit_files.word_of_statement, 2),
    "a hash of the receipt": ("receipt", visit_files.hash_of_receipt, 4),
}
"""What is changed -> in which file, how, and at which step it must be refused first."""
STEPS = ("Bytes", "Signatures", "Keys", "Included", "Witnessed", "Latest word")


@pytest.fixture(scope="module")
def taken(chromium: Browser, demo: Demo) -> visit_files.Certificate:
    """The drill's certificate, taken from its page."""
    with visiting(chromium, demo.url, "en") as reader:
        reader.arrive()
        reader.follow(DRILL)
        return reader.take_certificate()[1]


@pytest.fixture(scope="module", params=LANGUAGES)
def saved(
    request: pytest.FixtureRequest, chromium: Browser, demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """(a language, the offline page as it is saved from the page "Check a document" in that language)"""
    code: str = request.param
    with visiting(chromium, demo.url, code) as reader:
        reader.arrive()
        reader.choose("Check a document")
        with reader.page.expect_download() as waiting:
            reader.page.get_by_role("link", name=reader.words("Save it"), exact=True).click()
        assert waiting.value.suggested_filename == "verify.html"
        at = tmp_path_factory.mktemp("saved") / "verify.html"
        waiting.value.save_as(at)
        return code, at


def require_same(first: Answer, other: Answer, words: Callable[[str], str]) -> None:
    """Two answers agree: the same verdicts by the same names, and the same five steps; the sixth only a site can take."""
    assert first.verdicts == other.verdicts
    assert list(first.steps) == list(other.steps) == [words(name) for name in STEPS]
    assert list(first.steps.values())[:5] == list(other.steps.values())[:5]
    assert first.failed == other.failed


@pytest.mark.parametrize("code", LANGUAGES)
def test_from_a_drill_to_its_pledge_and_why_it_conforms(chromium: Browser, demo: Demo, code: str) -> None:
    with visiting(chromium, demo.url, code) as reader:
        page, words = reader.page, reader.words
        reader.arrive()
        reader.search("Far Beacon")
        reader.follow(DRILL)
        address = page.url
        expect(page.get_by_role("heading", level=1, name=DRILL)).to_be_visible()
        reader.choose("Public record")
        reader.follow(DRILL, reader.beneath("Announced ahead", "ol"))
        assert page.url == address, "what is announced ahead leads where the search leads"

        duty = reader.duty()
        expect(duty.locator(".st")).to_have_text(words.status("kept"))
        reader.follow(PLEDGE, duty)
        assert page.url.endswith(f"#{RULE}")
        expect(page.get_by_role("heading", level=1, name=PLEDGE)).to_be_visible()
        rule = page.locator(f"#{RULE}")
        assert 21 in numbers(rule.locator(".told").inner_text()), "the pledge says how far ahead"
        page.go_back()

        reader.follow(words("Why"), reader.duty())
        verdict = page.get_by_role("region", name=re.compile(words.status("kept"), re.IGNORECASE))
        days, _hours, required = numbers(verdict.locator("p").first.inner_text())
        assert days >= required == 21, "what was done stands beside what was required"
        why = page.get_by_role("region", name=words("Why"), exact=True)
        expect(why.get_by_role("link", name=DRILL)).to_have_count(2)  # what started it is what discharges it
        reader.follow(words("Rule %(rule)s", rule=RULE), why)
        assert page.url.endswith(f"#{RULE}")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_certificate_is_checked_by_the_server_and_by_the_page(chromium: Browser, demo: Demo, code: str) -> None:
    with visiting(chromium, demo.url, code) as reader:
        words = reader.words
        reader.arrive()
        reader.follow(DRILL)
        record = numbers(reader.page.locator(".crumbs [aria-current=page]").inner_text())[0]
        name, certificate = reader.take_certificate()
        assert name == f"certificate-record-{record}.pdf"
        assert DRILL in certificate.statement
        assert set(certificate.files) == {
            f"record-{record}.tlog-proof",
            f"record-{record}.envelope.json",
            "explorer.policy",
        }

        reader.choose("Check a document")
        reader.drop(name, certificate.raw)
        (there,), (here,) = reader.server(), reader.browser()
        assert there.word == words("In the record and valid")
        assert set(there.steps.values()) == {words("passed")}
        require_same(there, here, words)
        assert (there.failed, list(there.verdicts.values())) == ([], [words("yes")] * 2)
        expect(reader.page.get_by_role("status").last).to_contain_text(
            words("Your browser: %(answer)s.", answer=here.word)
        )
        assert words("This server: %(answer)s.", answer=there.word) in reader.heard()
        assert reader.focused() == words("Answers")
        expect(reader.page.get_by_role("article").first).to_be_in_viewport()

        reader.choose("Check a document")
        reader.give(name, certificate.raw)
        assert (reader.server(), reader.browser()) == ([there], [here]), "chosen or dropped, it is the same"

        reader.page.get_by_role("button", name=words("Check in this browser alone, send nothing")).click()
        assert reader.browser() == [here]
        expect(reader.page.get_by_role("region", name=words("Answers"), exact=True)).to_have_count(0)
        expect(reader.page.get_by_role("heading", name=here.word)).to_be_focused()
        reader.follow(words("Public record"), reader.page.locator(".crumbs"))


def test_a_changed_copy_is_refused_at_the_step_that_fails(
    chromium: Browser, demo: Demo, taken: visit_files.Certificate, saved: tuple[str, Path]
) -> None:
    code, at = saved
    copies = {change: taken.with_one(getattr(taken, file), by) for change, (file, by, _step) in CHANGED.items()}
    here: dict[str, Answer] = {}
    with visiting(chromium, demo.url, code) as reader:
        words = reader.words
        reader.arrive()
        reader.choose("Check a document")
        reader.drop("copy.pdf", taken.with_one("", bytes))
        assert reader.server()[0].failed == [], "saved again without a change it still holds"
        for change, raw in copies.items():
            reader.choose("Check a document")
            reader.drop("copy.pdf", raw)
            (there,), (here[change],) = reader.server(), reader.browser()
            step = CHANGED[change][2]
            assert (there.word, there.failed[0]) == (words("Does not hold"), step), change
            assert numbers(there.told)[0] == step
            assert words(STEPS[step - 1]) in there.told
            assert (here[change].word, here[change].told) == (there.word, there.told), "worded alike"
            require_same(there, here[change], words)
    with visiting(chromium, None, code, offline=True) as reader:
        for change, raw in copies.items():
            reader.page.goto(at.as_uri())
            reader.drop("copy.pdf", raw)
            assert reader.offline() == [here[change]], "offline as in the page"


def test_the_offline_page_answers_as_the_site_does(
    chromium: Browser, taken: visit_files.Certificate, saved: tuple[str, Path]
) -> None:
    code, at = saved
    with visiting(chromium, None, code, offline=True) as reader:
        words = reader.words
        reader.page.goto(at.as_uri())
        reader.require_language()
        reader.drop("certificate.pdf", taken.raw)
        (dropped,) = reader.offline()
        assert dropped.word == words("In the record, and signed")
        assert list(dropped.verdicts.values()) == [words("yes")] * 2
        assert list(dropped.steps.values()) == [words("passed")] * 5 + [words("cannot be determined")]
        assert reader.focused() == dropped.word
        assert dropped.word in reader.heard()
        reader.page.get_by_role("button", name=words("Begin again"), exact=True).click()
        assert reader.heard() == ""
        reader.give("certificate.pdf", taken.raw)
        assert reader.offline() == [dropped]


@pytest.mark.parametrize("code", ["en", "ar"])
def test_an_id_is_found_and_what_is_not_found_is_not_said_not_to_exist(
    chromium: Browser, demo: Demo, taken: visit_files.Certificate, code: str
) -> None:
    with visiting(chromium, demo.url, code) as reader:
        words = reader.words
        reader.arrive()
        reader.follow(DRILL)
        id_of = reader.page.url.rpartition("/")[2]
        reader.choose("Check a document")
        reader.paste(id_of)
        (found,) = reader.server()
        assert (found.word, found.failed) == (words("In the record and valid"), [])
        reader.choose("Check a document")
        reader.paste("0" * 64)
        (absent,) = reader.server()
        assert absent.word == words("Not found here")
        last = numbers(absent.told)[-1]
        known = words(
            "Nothing in records 0 to %(last)s has this digest. That does not mean that the document does not exist, or that no "
            "state issued it.",
            last=str(last),
        )
        assert absent.told == known
        assert reader.browser()[0].word == words("Cannot be determined")


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_calendar_is_subscribed_to(chromium: Browser, demo: Demo, code: str) -> None:
    with visiting(chromium, demo.url, code) as reader:
        words = reader.words
        reader.arrive()
        reader.choose("Calendar")
        link = reader.page.get_by_role("link", name=words("Subscribe in your calendar"), exact=True).get_attribute(
            "href"
        )
        assert link is not None
        scheme, _, place = link.partition("://")
        assert (scheme, f"http://{place.partition('/')[0]}") == ("webcal", demo.url)
        (event,) = drills_in(f"http://{place}")
        with reader.page.expect_download() as waiting:
            reader.page.get_by_role("link", name=words("All of it (.ics)"), exact=True).click()
        assert waiting.value.suggested_filename.endswith(".ics")
        pair = reader.page.get_by_role("link", name=f"{LEFT}, {RIGHT}", exact=True).get_attribute("href")
        uids = {event, *drills_in(f"{demo.url}{pair}"), *drills_in(f"{demo.url}/calendar.ics")}
        assert uids == {event}, "the drill is one event, in every calendar and language"


def drills_in(address: str) -> list[str]:
    """The UIDs of the drill's own events in a calendar."""
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/calendar")
        events = Calendar.from_ical(answer.read()).walk("VEVENT")
    drills = [one for one in events if "Far Beacon" in str(one["summary"]) and _category(one) == "DRILL"]
    return [str(one["uid"]) for one in drills]


def _category(event: Component) -> str:
    raw = event["categories"].to_ical()
    return raw if isinstance(raw, str) else bytes(raw).decode("utf-8")


@pytest.mark.parametrize("code", ["en", "ar"])
def test_two_parties_are_compared(chromium: Browser, demo: Demo, code: str) -> None:
    with visiting(chromium, demo.url, code) as reader:
        page, words = reader.page, reader.words
        reader.arrive()
        reader.choose("Parties")
        page.get_by_role("main").get_by_role("link", name=re.compile(f"^{LEFT} ")).click()
        reader.follow(words("Beside another party"))
        page.get_by_role("combobox", name=words("And"), exact=True).select_option(RIGHT)
        page.get_by_role("button", name=words("Show"), exact=True).click()
        reader.require_language()
        for text in (PLEDGE, "A month's notice of drills that others may see"):
            expect(page.get_by_role("link", name=text, exact=True).first).to_be_visible()
        sides = page.locator(".sides").first.get_by_role("heading", level=3)
        assert [one.inner_text()[:2] for one in sides.all()] == [LEFT, RIGHT]


@pytest.mark.parametrize("code", ["en", "ar"])
def test_without_javascript_the_visit_is_the_same(
    chromium: Browser, demo: Demo, taken: visit_files.Certificate, code: str
) -> None:
    with visiting(chromium, demo.url, code, java_script_enabled=False) as reader:
        words = reader.words
        reader.arrive()
        reader.search("Far Beacon")
        reader.follow(DRILL)
        reader.follow(PLEDGE, reader.duty())
        reader.page.go_back()
        reader.follow(words("Why"), reader.duty())
        reader.choose("Check a document")
        reader.give("certificate.pdf", taken.raw)
        reader.require_language()
        (there,) = reader.server()
        assert there.word == words("In the record and valid")
        assert reader.page.url.endswith("/check#answers"), "the reader is taken to the answers"
        expect(reader.page.get_by_role("article").first).to_be_in_viewport()


@pytest.mark.parametrize("code", ["en", "ar"])
def test_by_the_keyboard_alone(chromium: Browser, demo: Demo, code: str) -> None:
    with visiting(chromium, demo.url, code) as reader:
        page, words = reader.page, reader.words
        reader.arrive()
        reader.tab_to(words(SEARCH))
        page.keyboard.type("Far Beacon")
        page.keyboard.press("Enter")
        page.wait_for_url("**/statements**")
        reader.tab_to(DRILL)
        page.keyboard.press("Enter")
        page.wait_for_url("**/s/**")
        id_of = page.url.rpartition("/")[2]
        reader.tab_to(words("Proof"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/proof")
        reader.require_language()
        reader.tab_to(words("Check a document"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/check")
        reader.tab_to(words("Or text, or an id"))
        page.keyboard.type(id_of)
        reader.tab_to(words("Check"))
        page.keyboard.press("Enter")
        assert reader.server()[0].word == words("In the record and valid")
        assert reader.focused() == words("Answers")
        reader.tab_to(words("Read the statement"))
