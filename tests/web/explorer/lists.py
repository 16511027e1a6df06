"""Lists as their readers get them: the rows of a table (CSV), the entries of a feed (Atom)."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

from flask.testing import FlaskClient

from web.explorer.records import feed

ATOM = "{http://www.w3.org/2005/Atom}"


def table(client: FlaskClient, address: str) -> list[dict[str, str]]:
    """The rows of a table, each by its columns."""
    answer = client.get(address)
    assert (answer.status_code, answer.content_type) == (200, feed.TABLE), address
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def entries(client: FlaskClient, address: str) -> list[ElementTree.Element]:
    """The entries of a feed."""
    answer = client.get(address)
    assert (answer.status_code, answer.content_type) == (200, feed.FEED), address
    return ElementTree.fromstring(answer.data).findall(f"{ATOM}entry")


def text(entry: ElementTree.Element, name: str) -> str:
    """What a member of an entry says; empty where it has none."""
    return entry.findtext(f"{ATOM}{name}") or ""
