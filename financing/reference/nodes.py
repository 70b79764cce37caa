"""YAML as nodes that know their line, without its surprises."""

import re
from pathlib import Path

import yaml

from branches.reference.reader import Problems

TAG = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader):
    """Plain numbers, true, false, dates and nothing; else YAML makes 14 of 0016, false of no, 750 of 12:30."""

    yaml_implicit_resolvers = {}


for _kind, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"-?\d+", list("-0123456789")),
    ("float", r"-?\d+\.\d+", list("-0123456789")),
    ("timestamp", r"\d{4}-\d{2}-\d{2}", list("0123456789")),
):
    _Loader.add_implicit_resolver(TAG + _kind, re.compile(rf"^(?:{_pattern})$"), _first)


def compose(path: Path, problems: Problems) -> yaml.Node | None:
    """The nodes of a file; None, with a problem, where it is no YAML."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        problems.add(path, 1, f"fichier illisible ({error.strerror}).")
        return None
    except UnicodeDecodeError:
        problems.add(path, 1, "le fichier n’est pas en UTF-8.")
        return None
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.add(path, mark.line + 1 if mark else 1, f"YAML mal formé ({error.problem}).")
        return None
    except yaml.YAMLError as error:
        problems.add(path, 1, f"YAML mal formé ({error}).")
        return None
    if node is None:
        problems.add(path, 1, "fichier vide.")
    return node


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def tag_of(node: yaml.Node) -> str:
    """The short name of what a node holds: str, int, float, bool, timestamp, null, seq, map."""
    return str(node.tag).removeprefix(TAG)
