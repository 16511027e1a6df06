"""Description files: what an official writes by hand, in YAML or JSON, and the desk turns into canonical statements.

YAML is read narrowly: texts, whole numbers, true, false, null, lists and maps. A date stays the text that was written, `on`
and `no` stay words, and anchors, tags, floats and duplicate names are refused. JSON is a part of this YAML.
Source: YAML 1.2.2, chapter 10.2 (the JSON schema), narrowed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ledger.desk import files
from verifier.errors import Fault

MOST_DEPTH = 32


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with its guesses taken away."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class member

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(None, None, "an alias is not read here", mark)
        if getattr(event, "tag", None) not in (None, "!"):
            raise yaml.constructor.ConstructorError(None, None, "a tag is not read here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose names are texts, each once; `yaml.constructor.ConstructorError` otherwise."""
        seen: set[Any] = set()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a member's name is a text", name.start_mark)
            if name.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name.value} stands twice", name.start_mark)
            seen.add(name.value)
            name.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z", re.ASCII), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:null|~|)\Z", re.ASCII), ["n", "~", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]{0,15})\Z", re.ASCII), list("-0123456789")
)


def read(path: Path) -> dict[str, Any]:
    """The object in a description file. Raises Fault `desk.description`, `desk.unreadable`, `desk.too-long`."""
    value = parse(files.read(path), where=str(path))
    if not isinstance(value, dict):
        raise Fault("desk.description", "a description is an object: names with values", where=str(path))
    return value


def parse(raw: bytes, *, where: str = "") -> Any:
    """The value in YAML or JSON bytes. Raises Fault `desk.description`, where = file, line and column."""
    try:
        text = raw.decode("utf-8")
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a narrowed SafeLoader
    except UnicodeDecodeError as error:
        raise Fault("desk.description", f"not UTF-8 from byte {error.start} on", where=where) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise Fault("desk.description", f"not a description: {error.problem}", where=place) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Fault("desk.description", f"not a description: {error}", where=where) from error
    _require_shallow(value, 1, where)
    return value


def _require_shallow(value: Any, depth: int, where: str) -> None:
    if depth > MOST_DEPTH:
        raise Fault("desk.description", f"more than {MOST_DEPTH} lists and maps in one another", where=where)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _require_shallow(item, depth + 1, where)
