"""The page on which one checkpoint is proved to extend another, and the files of evidence that were ever found."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response

from verifier.errors import Fault
from web.explorer.answers import Answers, Asked, Page, download
from web.explorer.copy.audited import Copy
from web.explorer.copy.rows import Entry
from web.explorer.copy.view import View
from web.explorer.records import listing, standing_proofs
from web.explorer.records.standing_proofs import Exhibit
from web.explorer.wording.words import _, number

_COMMAND = "detente-verify consistency OLD.txt NEW.txt \\\n  --policy YOUR.policy \\\n  --source SOURCE"


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an app the page and the files."""
    answers.add("/consistency", consistency)

    def file(digest: str) -> Response:
        with copy.view() as view:
            return download(_file(view, digest).raw, "application/json", f"evidence-{digest[:16]}.json", view.audited)

    file.__doc__ = "A file of evidence that this copy found or was shown, to be judged by `detente-verify evidence`."
    app.add_url_rule("/ledger/evidence/<hex:digest>", "evidence_file", file)


def consistency(asked: Asked) -> Page:
    """That one checkpoint extends another: nothing of the earlier tree was changed, taken out or moved. Proved now."""
    view = asked.view
    title = _("Does one checkpoint extend another?")
    if view.empty:
        return Page("consistency.html", title, {"from": None, "to": None, "extends": None}, {"given": ("", "")})
    given = tuple(asked.arguments.get(name, "").strip() for name in ("from", "to"))
    sizes = [
        listing.page_of(text) if text else otherwise
        for text, otherwise in zip(given, (_smallest(view), view.size), strict=True)
    ]
    old, new = sorted(sizes)
    ends = [_entry(view, size) for size in (old, new)]
    hashes, refusal = _proved(view, *ends)
    facts = {
        "from": _told(ends[0]),
        "to": _told(ends[1]),
        "extends": refusal is None,
        "refusal": refusal.message if refusal else None,
        "hashes": [value.hex() for value in hashes],
        "command": _COMMAND,
    }
    return Page("consistency.html", title, facts, {"given": (str(old), str(new))})


def _smallest(view: View) -> int:
    """The smallest tree of the checkpoint history that holds a record."""
    first = next(view.covering(0), None)
    return (first.size or 0) if first is not None else 0


def _proved(view: View, old: Entry, new: Entry) -> tuple[list[bytes], Fault | None]:
    """The proof; or none, and why the verifier refuses it."""
    try:
        return standing_proofs.extension(view, old, new), None
    except Fault as fault:
        return [], fault


def _entry(view: View, size: int) -> Entry:
    entry = standing_proofs.of_size(view, size)
    if entry is None:
        text = _("The checkpoint history in this copy has no tree of %(size)s records.", size=number(size))
        raise Fault("explorer.not-here", text, where=f"size {size}")
    return entry


def _told(entry: Entry) -> dict[str, Any]:
    return {"checkpoint": entry.number, "size": entry.size, "root": entry.root.hex() if entry.root else None}


def _file(view: View, digest: str) -> Exhibit:
    for one in standing_proofs.exhibits(view):
        if one.digest == digest:
            return one
    text = _("No file of evidence with this digest was found by this copy.")
    raise Fault("explorer.not-here", text, where=digest)


def evidence_of(view: View) -> list[dict[str, Any]]:
    """For the ledger's page: the evidence that was ever found, what each file proves, and where it is taken away."""
    return [
        {
            "digest": one.digest,
            "size": len(one.raw),
            "kind": one.kind,
            "proves": one.proves,
            "role": one.role,
            "keys": list(one.keys),
            "address": f"/ledger/evidence/{one.digest}",
        }
        for one in standing_proofs.exhibits(view)
    ]
