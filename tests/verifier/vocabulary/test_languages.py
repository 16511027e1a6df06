"""The files of labels beside the English: each says all that English says, with the same placeholders, in its own language."""

import copy
import json
import re
import shutil
import unicodedata
from pathlib import Path

import pytest

from verifier import vocabulary
from verifier.vocabulary import Vocabulary, load, wording

ROOM = Path(vocabulary.__file__).parent
V = load()
ENGLISH = json.loads((ROOM / "labels/en.json").read_text(encoding="utf-8"))
LANGUAGES = ("fr", "es", "ru", "ar", "zh")
SCRIPTS = {"ru": "CYRILLIC", "ar": "ARABIC", "zh": "CJK"}
NAMES = {"Ed25519", "ML-DSA-65", "null", "UTC.", "“{text}”", "«{text}»"}
"""What may be equal in every language: algorithms, a value of JSON, a time scale, and how labels are quoted."""
MOST_COGNATES = 60
"""How many of the short labels may be spelled as in English by a language of the same script (date, action, phase)."""
ENGLISH_WORDS = re.compile(r"\b(?:the|of|and|with|which|must|not|are|its|this|what|been)\b", re.IGNORECASE)
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


def read(language):
    path = ROOM / f"labels/{language}.json"
    if not path.is_file():
        pytest.skip(f"labels/{language}.json is not there yet")
    return json.loads(path.read_text(encoding="utf-8"))


def leaves(value, path=()):
    """Every text (or null) of a file with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, value


def in_english():
    """What a translation must hold: the English file, and the catalogues in the same form."""
    found = copy.deepcopy(ENGLISH)
    found["catalogues"] = {
        name: {
            "title": V.catalogue(name)["title"]["en"],
            "note": V.catalogue(name)["note"]["en"],
            "entries": {
                code: {"name": row["name"]["en"], "text": row["text"]["en"]}
                for code, row in V.catalogue(name)["entries"].items()
            },
        }
        for name in V.catalogues
    }
    return found


def may_be_equal(path, text):
    """Whether a text may stand in a translation as it stands in English."""
    in_catalogue = path[:1] == ("catalogues",) and path[-1] == "name"
    return text is None or text in NAMES or path == ("language",) or (in_catalogue and text.startswith("TLP:"))


def problems(found, language):
    """What is wrong with a translation, one line each."""
    english, told = dict(leaves(in_english())), dict(leaves(found))
    yield from (f"missing: {'/'.join(path)}" for path in english.keys() - told.keys())
    yield from (f"not in English: {'/'.join(path)}" for path in told.keys() - english.keys())
    for path in english.keys() & told.keys():
        for fault in faults(path, english[path], told[path], language):
            yield f"{'/'.join(path)}: {fault}: {told[path]!r}"
    same = [path for path in english if told.get(path) == english[path] and not may_be_equal(path, english[path])]
    if len(same) > (0 if language in SCRIPTS else MOST_COGNATES):
        yield f"{len(same)} texts are the English ones, such as {['/'.join(path) for path in sorted(same)[:20]]}"
    if found.get("language") != language:
        yield f"its language is {found.get('language')!r}"


def faults(path, english, text, language):
    """What is wrong with one text of a translation."""
    if (english is None) != (text is None):
        yield "null where the other is not"
    if not isinstance(english, str) or not isinstance(text, str):
        if type(english) is not type(text):
            yield "not a text"
        return
    if not text or (text != text.strip() and english == english.strip()):
        yield "empty, or blanks around it"
    if any(unicodedata.category(sign) in INVISIBLE for sign in text):
        yield "holds a sign that cannot be seen"
    if sorted(re.findall(r"\{[^{}]*\}", text)) != sorted(re.findall(r"\{[^{}]*\}", english)):
        yield "other placeholders than in English"
    if re.search("[{}]", re.sub(r"\{[a-z]+\}", "", text)):
        yield "a brace that belongs to no placeholder"
    if text.count("`") != english.count("`"):
        yield "other backquotes than in English"
    yield from strange(path, english, text, language)


def examples(text):
    """What holds a digit or a slash, in letters that JSON, paths and codes are written in."""
    return set(re.findall(r"[A-Za-z0-9/_-]*[0-9/][A-Za-z0-9/_-]*", text))


def strange(path, english, text, language):
    """Signs that a text was not translated, or that what must not be was."""
    if may_be_equal(path, english):
        if english.startswith("TLP:") and text != english:
            yield "a label of the Traffic Light Protocol was translated"
        return
    if path[:2] == ("sentences", "forms") and not examples(english) <= examples(text):
        yield "a number or an example was changed"
    script = SCRIPTS.get(language)
    if (
        script
        and re.search("[a-z]", english)
        and not any(unicodedata.name(sign, "").startswith(script) for sign in text)
    ):
        yield "no letter of the language's script"
    if ENGLISH_WORDS.search(re.sub(r"\{[a-z]+\}|`[^`]*`|“[^”]*”|«[^»]*»", "", text)):
        yield "English words"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_says_all_that_english_says(language):
    found = sorted(problems(read(language), language))
    assert not found, "\n".join(found)


def without(value, path):
    *parents, last = path
    for name in parents:
        value = value[name]
    del value[last]


def replaced(value, path, text):
    *parents, last = path
    for name in parents:
        value = value[name]
    value[last] = text


def translated(language):
    """English turned into something that passes for that language: each word a word of its script."""
    found = in_english()
    word = {"fr": "mot", "ru": "слово", "zh": "词"}[language]
    for path, text in list(leaves(found)):
        if text is not None and not may_be_equal(path, text):
            kept = re.findall(r"\{[a-z]+\}|`\{[a-z]+\}`|[A-Za-z0-9/_-]*[0-9/][A-Za-z0-9/_-]*", text)
            replaced(found, path, " ".join([word, *kept]))
    return {**found, "language": language}


@pytest.mark.parametrize("language", ["fr", "ru", "zh"])
def test_a_translation_without_fault_has_none(language):
    assert not list(problems(translated(language), language))


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (("types", "pledge", "label"), "", "empty"),
        (("types", "pledge", "label"), None, "null where"),
        (("fields", "action", "help"), "слово", "null where"),
        (("types", "pledge", "label"), "слово\u200f", "cannot be seen"),
        (("types", "pledge", "label"), "\u202bслово\u202c", "cannot be seen"),
        (("types", "pledge", "label"), "слово\n", "cannot be seen"),
        (("types", "pledge", "label"), " слово", "blanks"),
        (("rules", "every"), "слово", "other placeholders"),
        (("rules", "every"), "слово {duration} {duration}", "other placeholders"),
        (("rules", "every"), "слово {Duration}", "other placeholders"),
        (("rules", "every"), "слово {duration} {", "a brace"),
        (("sentences", "missing"), "слово {member}", "backquotes"),
        (("sentences", "forms", "hex"), "слово 32", "a number or an example"),
        (("sentences", "forms", "pointer_body"), "слово /corps/but", "a number or an example"),
        (("types", "pledge", "label"), "Norm pledge", "no letter of the language's script"),
        (("types", "pledge", "help"), "слово of the word", "English words"),
        (("types", "pledge", "label"), ["слово"], "not a text"),
        (("language",), "en", "its language is"),
        (("catalogues", "un-norms", "entries", "a", "text"), "", "empty"),
        (("catalogues", "tlp", "entries", "TLP:RED", "name"), "TLP:КРАСНЫЙ", "was translated"),
    ],
)
def test_a_fault_of_a_translation_is_told(path, text, told):
    found = translated("ru")
    replaced(found, path, text)
    assert any(told in line for line in problems(found, "ru"))


@pytest.mark.parametrize(
    "path",
    [
        ("rules",),
        ("rules", "within", "receipt"),
        ("catalogues", "tlp"),
        ("catalogues", "rsit", "entries", "fraud", "name"),
    ],
)
def test_what_a_translation_lacks_or_adds_is_told(path):
    found = translated("ru")
    without(found, path)
    assert any(line.startswith("missing: ") for line in problems(found, "ru"))
    found = translated("ru")
    replaced(found, (*path[:-1], "more"), "слово")
    assert any(line.startswith("not in English: ") for line in problems(found, "ru"))


def test_english_left_as_it_is_is_told():
    assert any("texts are the English ones" in line for line in problems({**in_english(), "language": "fr"}, "fr"))


# Reading labels and catalogues.


def test_every_language_has_a_word_for_everything():
    assert "en" in wording.languages()
    for language in (*wording.languages(), "tlh"):
        assert {path for path, _ in leaves(wording.words(language))} >= {path for path, _ in leaves(ENGLISH)}


def test_a_tag_is_read_by_its_first_part():
    assert (
        wording.nearest("en-GB") == wording.nearest("EN") == wording.nearest("tlh") == wording.nearest("../en") == "en"
    )


def test_a_value_is_never_read_as_a_phrase():
    assert wording.fill("{a} and {b}", {"a": "{b}", "b": "{a}"}) == "{b} and {a}"
    with pytest.raises(KeyError):
        wording.fill("{a}", {})


@pytest.fixture
def room(tmp_path):
    """The vocabulary with a language of which little is translated."""
    for part in ("types", "catalogues"):
        shutil.copytree(ROOM / part, tmp_path / part)
    shutil.copy(ROOM / "definitions.json", tmp_path)
    told = {"tlp": {"title": "Ampel", "entries": {"TLP:RED": {"name": "TLP:RED", "text": "Nur für die Genannten."}}}}
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/de.json").write_text(json.dumps({"language": "de", "catalogues": told}), encoding="utf-8")
    return Vocabulary("1", tmp_path)


def test_a_catalogue_is_read_in_a_language_over_the_english(room):
    found = room.catalogue("tlp", "de")
    assert found["title"] == {"en": "Traffic Light Protocol", "de": "Ampel"}
    assert found["entries"]["TLP:RED"]["text"]["de"] == "Nur für die Genannten."
    assert found["entries"]["TLP:GREEN"]["text"]["de"] == found["entries"]["TLP:GREEN"]["text"]["en"]
    assert found["note"]["de"] == found["note"]["en"]
    assert list(found["entries"]) == list(room.catalogue("tlp")["entries"])
    assert room.catalogue("tlp") == room.catalogue("tlp", "en") == V.catalogue("tlp")


def test_a_catalogue_in_a_language_that_is_not_there_is_english(room):
    for language in ("fr", "../en", "zh-Hans"):
        rows = room.catalogue("rsit", language)["entries"].values()
        assert all(row["name"][language] == row["name"]["en"] for row in rows)
    with pytest.raises(KeyError):
        room.catalogue("zodiac", "de")


def test_translations_are_in_no_digest(room):
    assert room.digest == V.digest
