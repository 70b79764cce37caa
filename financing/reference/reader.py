"""Read a YAML file strictly into the structs of the calculator, telling the line of every problem."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from msgspec import inspect

from branches.reference.reader import Problems, day, required
from financing.reference.nodes import compose, line_of, tag_of

T = TypeVar("T")


@dataclass
class Document:
    """What a file holds: each of its values, with the line of each of their keys.

    A value that is wrong is left out, and so is what it is part of; the others are there to be checked further.
    """

    path: Path
    problems: Problems
    _values: dict[type, list[Any]] = field(default_factory=lambda: defaultdict(list))
    _lines: dict[int, dict[str, int]] = field(
        default_factory=dict
    )  # by identity: equal values have their own lines

    def all(self, kind: type[T]) -> list[T]:
        """The values of one kind, wherever they are in the file, in its order."""
        return self._values[kind]

    def line(self, value: Any, key: str = "") -> int:
        """Where a value begins, or one of its keys."""
        lines = self._lines.get(id(value), {})
        return lines.get(key) or lines.get("") or 1

    def add(self, value: Any, key: str, text: str) -> None:
        """Tell a problem of a value at one of its keys ("" for the whole)."""
        self.problems.add(self.path, self.line(value, key), text)

    def note(self, value: Any, lines: dict[str, int]) -> None:
        """Keep a value that was read."""
        self._values[type(value)].append(value)
        self._lines[id(value)] = lines


def read(path: Path, kind: type, problems: Problems) -> Document:
    """The values of a file whose content is a `kind`; whatever is wrong goes to `problems`."""
    document = Document(path, problems)
    node = compose(path, problems)
    if node is not None:
        with suppress(_Wrong):
            _Reading(document).value(node, inspect.type_info(kind), "", line_of(node))
    return document


class _Wrong(Exception):
    """A value that cannot be read; its problem has been told."""


class _Reading:
    """One pass over the nodes of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, kind: inspect.Type, key: str, line: int) -> Any:
        """The value of a node.

        Raises:
            _Wrong: it is none of that kind.
        """
        if id(node) in self._seen and isinstance(
            node, yaml.MappingNode
        ):  # lists may be named, as a branch's IDCC
            raise self._wrong(line, key, "un alias de YAML ne vaut que pour une liste : répétez ces clés.")
        self._seen.add(id(node))
        if isinstance(kind, inspect.UnionType):  # of one kind and nothing
            if tag_of(node) == "null":
                return None
            (kind,) = (each for each in kind.types if not isinstance(each, inspect.NoneType))
        if isinstance(kind, inspect.StructType):
            return self._struct(node, kind, key, line)
        if isinstance(kind, inspect.VarTupleType):
            return self._list(node, kind, key, line)
        return self._scalar(node, kind, key, line)

    def _struct(self, node: yaml.Node, kind: inspect.StructType, key: str, line: int) -> Any:
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(line, key, f"des clés sont attendues ({_names(kind)}).")
        fields = {each.name: each for each in kind.fields}
        lines, told, sound = {"": line_of(node)}, {}, True
        for name_node, child in node.value:
            name, at = str(name_node.value), line_of(name_node)
            try:
                if name not in fields:
                    raise self._wrong(at, "", f"clé inconnue « {name} »{_suggestion(name, fields)}.")
                if name in lines:
                    raise self._wrong(at, "", f"clé « {name} » répétée, déjà ligne {lines[name]}.")
                lines[name] = at
                told[name] = self.value(child, fields[name].type, name, at)
            except _Wrong:
                sound = False
        for each in kind.fields:
            if each.required and each.name not in lines:
                self._wrong(lines[""], "", f"clé « {each.name} » manquante.")
                sound = False
        if not sound:
            raise _Wrong
        value = kind.cls(**told)
        self._document.note(value, lines)
        return value

    def _list(self, node: yaml.Node, kind: inspect.VarTupleType, key: str, line: int) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong(line, key, "une liste est attendue.")
        told, sound = [], True
        for child in node.value:
            try:
                each = self.value(child, kind.item_type, key, line_of(child))
                if each in told:
                    raise self._wrong(line_of(child), key, "répété dans la liste.", child)
                told.append(each)
            except _Wrong:
                sound = False
        if not sound:
            raise _Wrong
        return tuple(told)

    def _scalar(self, node: yaml.Node, kind: inspect.Type, key: str, line: int) -> Any:
        try:
            if not isinstance(node, yaml.ScalarNode):
                raise ValueError("une seule valeur est attendue.")
            if tag_of(node) == "null":
                raise ValueError("valeur vide : donnez-la, ou retirez la clé.")
            return SCALARS[type(kind)](node, kind)
        except ValueError as error:
            raise self._wrong(line, key, str(error), node) from None

    def _wrong(self, line: int, key: str, text: str, node: yaml.Node | None = None) -> _Wrong:
        """Tell a problem, and give back what ends the reading of the value."""
        shown = f" « {node.value} »" if isinstance(node, yaml.ScalarNode) and node.value else ""
        self._document.problems.add(
            self._document.path, line, f"{key}{shown} : {text}" if key or shown else text
        )
        return _Wrong()


def _names(kind: inspect.StructType) -> str:
    return ", ".join(each.name for each in kind.fields)


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f", peut-être « {near[0]} »" if near else ""


# ------------------------------------------------------------------------------------------------ single values
def _text(node: yaml.ScalarNode, kind: inspect.Type) -> str:
    if tag_of(node) != "str":
        raise ValueError("texte attendu, entre guillemets.")
    return required(node.value)


def _whole(node: yaml.ScalarNode, kind: inspect.Type) -> int:
    if tag_of(node) != "int":
        raise ValueError("nombre entier attendu.")
    return int(node.value)


def _decimal(node: yaml.ScalarNode, kind: inspect.Type) -> Decimal:
    if tag_of(node) not in ("int", "float"):
        raise ValueError("nombre attendu, par exemple 12.31.")
    return Decimal(node.value)


def _yes_no(node: yaml.ScalarNode, kind: inspect.Type) -> bool:
    if tag_of(node) != "bool":
        raise ValueError("true ou false attendu.")
    return bool(node.value == "true")


def _day(node: yaml.ScalarNode, kind: inspect.Type) -> date:
    return day(node.value)


def _term(node: yaml.ScalarNode, kind: Any) -> Any:
    known = {each.value: each for each in kind.cls}
    return known[_one_of(node, known)]


def _literal(node: yaml.ScalarNode, kind: Any) -> str:
    return _one_of(node, kind.values)


def _one_of(node: yaml.ScalarNode, known: Iterable[str]) -> str:
    if node.value not in known:
        raise ValueError(f"terme inconnu, attendu {', '.join(known)}.")
    return str(node.value)


SCALARS: dict[type[inspect.Type], Callable[[yaml.ScalarNode, Any], Any]] = {
    inspect.StrType: _text,
    inspect.IntType: _whole,
    inspect.DecimalType: _decimal,
    inspect.BoolType: _yes_no,
    inspect.DateType: _day,
    inspect.EnumType: _term,
    inspect.LiteralType: _literal,
}
