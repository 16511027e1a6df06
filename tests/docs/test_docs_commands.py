"""The documentation is tested: its commands run, its links lead somewhere, its codes and types exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from verifier import vocabulary
from verifier.errors import kinds
from verifier.exits import Exit

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests/vectors").glob("*.md")])
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")


def commands(page: Path) -> list[str]:
    """The commands of a page's console blocks, in order: the lines that begin with a dollar sign."""
    blocks = CONSOLE.findall(page.read_text(encoding="utf-8"))
    return [line[2:] for block in blocks for line in block.split("\n") if line.startswith("$ ")]


def test_the_readme_shows_commands() -> None:
    assert len(commands(ROOT / "README.md")) >= 5


def test_the_commands_of_the_readme_run() -> None:
    for command in commands(ROOT / "README.md"):
        ran = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
        assert ran.returncode == Exit.GOOD, f"$ {command}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{target} in {page.name}"


def test_every_exit_code_is_documented() -> None:
    rows = re.findall(r"^\| (\d+) \| ", (ROOT / "docs/FORMAT.md").read_text(encoding="utf-8"), re.M)
    assert [int(row) for row in rows] == [int(code) for code in Exit]


def test_every_fault_says_what_to_do_next() -> None:
    import ledger
    import web

    assert ledger.__doc__, "the floors above register their faults when they are imported"
    assert web.__doc__
    assert len(kinds()) > 100
    for code, kind in kinds().items():
        assert kind.next.endswith((".", "?")), code
        assert len(kind.next) > 15, code
        assert 400 <= kind.status <= 599, code


def test_the_formats_name_every_member_of_a_statement() -> None:
    from verifier.statement import MEMBERS

    page = (ROOT / "docs/FORMAT.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in MEMBERS)
    assert vocabulary.load().types


def test_the_vocabulary_page_is_what_the_vocabulary_says() -> None:
    from ledger.desk import vocabulary_page

    page = (ROOT / "docs/VOCABULARY.md").read_text(encoding="utf-8")
    assert page == vocabulary_page.page(), "run `detente types --markdown > docs/VOCABULARY.md`"
    anchors = set(re.findall(r'<a id="([^"]+)">', page)) | set(re.findall(r"^#+ ([a-z-]+)$", page, re.M))
    anchors |= {"rules", "forms", "catalogues"}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors
    for name, kind in vocabulary.load().types.items():
        part = page.partition(f"### {name}\n")[2].partition("\n### ")[0]
        assert all(f"| `{member}` |" in part for member in kind.schema["properties"]), name
        assert part.count("\n```yaml\nparty: ") == 1, f"{name} shows no example"
