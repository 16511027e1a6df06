"""The tables of the judgement: what is owed, by whom, to whom, by which text, with what was said of it.

They stand beside those of the audited copy (schema.py) and hold nothing of their own: they are written anew from the audit's
events. Their version is apart, so that a change here does not make anybody audit again.
"""

from __future__ import annotations

from sqlite_utils import Database

from web.explorer.copy.facts import Facts

VERSION = 3
"""Raised when these tables or the way they are filled change; they are then filled again."""
REAL = ""
"""Stands for the real world where a column names the drill of a rehearsal."""
NEVER = 2**62
"""Stands for the due of what has none, so that it comes last."""

TABLES: dict[str, str] = {
    # One row a report: of the real world, or of the rehearsal of a drill. `moment`: its effective as-of; `sha256`: of its
    # canonical bytes; `inputs`: JSON; `marked`: by how many events a rehearsal was judged; `at`, `cost`: when it was made by
    # the reader's clock, and how long that took (milliseconds); `size`, `history`: up to where the log was judged.
    "judgements": """exercise TEXT PRIMARY KEY, moment INTEGER, sha256 TEXT, inputs TEXT, size INTEGER, history INTEGER,
        marked TEXT, at INTEGER, cost INTEGER, obligations INTEGER""",
    # One row an obligation. `row`: it in the report, JSON. `sort`: due, or NEVER. `begun`, `done`: the witnessed times
    # of trigger and discharge. `thread`: the incident that it belongs to. Times: seconds, UTC.
    "obligations": """id TEXT PRIMARY KEY, exercise TEXT NOT NULL, rule TEXT, kind TEXT, source TEXT, debtor TEXT, trigger TEXT,
        due INTEGER, sort INTEGER NOT NULL, status TEXT, discharged_by TEXT, disputed INTEGER, begun INTEGER, done INTEGER,
        thread TEXT, circle INTEGER, row TEXT""",
    # Who is in a circle of creditors: most obligations are owed to one of few circles.
    "circles": "circle INTEGER, party TEXT, PRIMARY KEY (circle, party)",
    "answers": "obligation TEXT, n INTEGER, type TEXT, party TEXT, statement TEXT, PRIMARY KEY (obligation, n)",
    # One row a text that holds rules, as signed (JSON); `norms`: the entries of catalogues that it or a rule of it names.
    "texts": "record INTEGER PRIMARY KEY, id TEXT, type TEXT, party TEXT, rules TEXT",
    "norms": "norm TEXT, text TEXT, record INTEGER, PRIMARY KEY (norm, record)",
    # From when until when (null: no end is known) a text binds a party.
    "bound": "text TEXT, party TEXT, since INTEGER, until INTEGER, PRIMARY KEY (text, party, since)",
    # One row a statement of an incident's thread; one row an incident or near miss that opened one. `lanes`: JSON, codes.
    "threads": "record INTEGER PRIMARY KEY, thread TEXT",
    "incidents": "record INTEGER PRIMARY KEY, id TEXT, exercise TEXT, steps INTEGER, last INTEGER, lanes TEXT",
    # One row an announced drill, its dates as in force. `said`: when it was witnessed; `cancelled`: when it was, in time;
    # `length`: from start to end, in seconds.
    "drills": """record INTEGER PRIMARY KEY, id TEXT, party TEXT, start INTEGER, end INTEGER, said INTEGER, cancelled INTEGER,
        retracted INTEGER, length INTEGER""",
    # One row a pair: how many line tests, how many answered, the newest one and how long its answer took (seconds).
    "lines": """sender TEXT, receiver TEXT, tests INTEGER, answered INTEGER, record INTEGER, said INTEGER, took INTEGER,
        PRIMARY KEY (sender, receiver)""",
    # One row a rule that asks for an answer: how often it was asked, answered, is open still; the median time (seconds).
    "measures": """source TEXT, rule TEXT, asked INTEGER, answered INTEGER, open INTEGER, median INTEGER,
        PRIMARY KEY (source, rule)""",
}

INDEXES: dict[str, tuple[str, ...]] = {
    "obligations": (
        "exercise, sort, id",
        "exercise, status, sort, id",
        "exercise, debtor, sort, id",
        "exercise, debtor, status, sort, id",
        "exercise, source, rule, sort, id",
        "exercise, source, debtor, sort, id",
        "trigger",
        "discharged_by",
        "thread, sort, id",
    ),
    "circles": ("party, circle",),
    "answers": ("statement",),
    "texts": ("id", "party, record", "type, record"),
    "norms": ("text",),
    "bound": ("party, text",),
    "threads": ("thread, record",),
    "incidents": ("id", "exercise, record"),
    "drills": ("id", "start, record", "length"),
}


def is_current(db: Database) -> bool:
    """Whether the tables are there, in this version."""
    return Facts(db).get("judged.version") == b"%d" % VERSION


def prepare(db: Database) -> None:
    """Make the tables anew, empty. Inside a write transaction of the caller's."""
    for name, columns in TABLES.items():
        db.execute(f"DROP TABLE IF EXISTS [{name}]")
        db.execute(f"CREATE TABLE [{name}] ({columns})")
        for n, indexed in enumerate(INDEXES.get(name, ())):
            db.execute(f"CREATE INDEX [judged_{name}_{n}] ON [{name}] ({indexed})")
    Facts(db).put("judged.version", b"%d" % VERSION)
