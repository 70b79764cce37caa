"""The templates as texts: they compile, lead somewhere, hold no inline code, and are set in French."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import Template
from django.template.base import Node
from django.template.defaulttags import URLNode
from django.template.loader import get_template
from django.urls import get_resolver

FOLDER = Path(__file__).parent.parent / "templates"
every_template = pytest.mark.parametrize(
    "name", sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
)

# What a person reads beside the text between tags: names of controls, page titles, descriptions.
READ_ATTRIBUTES = re.compile(r'\b(?:aria-label|placeholder|alt|title|content)="([^"]*)"')
NOT_READ = re.compile(
    r"\{#.*?#\}|\{%.*?%\}|<(script|style)\b.*?</\1>|<meta name=\"htmx-config\"[^>]*>", re.DOTALL
)
NARROW, WIDE = "\u202f", "\u00a0"


def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def french(name: str) -> list[str]:
    """The pieces of text that people read, entities decoded, variables as a word."""
    text = re.sub(r"\{\{.*?\}\}", "mot", NOT_READ.sub("", source(name)))
    pieces = [*re.split(r"<[^>]+>", text), *READ_ATTRIBUTES.findall(text)]
    return [html.unescape(piece) for piece in pieces]


def nodes(name: str) -> Iterator[Node]:
    template: Template = get_template(name).template  # type: ignore[attr-defined]
    yield from template.nodelist.get_nodes_by_type(Node)


@every_template
def test_it_compiles(name):
    get_template(name)


@every_template
def test_its_links_resolve(name):
    for node in nodes(name):
        if isinstance(node, URLNode) and isinstance(
            node.view_name.var, str
        ):  # others are named while they are shown
            *namespaces, view = node.view_name.var.split(":")
            resolver = get_resolver()
            for namespace in namespaces:
                _, resolver = resolver.namespace_dict[namespace]
            patterns = resolver.reverse_dict.getlist(view)
            counts = {len(parameters) for pattern in patterns for _, parameters in pattern[0]}
            assert len(node.args) + len(node.kwargs) in counts, node.view_name


@every_template
def test_it_holds_no_inline_code_or_style(name):
    text = source(name)
    assert not re.search(r"<[^>{]*\s(?:style|on\w+|hx-on[\w:-]*)\s*=", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "<style" not in text


@every_template
def test_its_apostrophes_are_typographic(name):
    assert [piece for piece in french(name) if re.search(r"[^\W\d_]'[^\W\d_]", piece)] == []


@every_template
def test_its_punctuation_has_the_spaces_of_french(name):
    """No ordinary space there, and the right no-break one: narrow before ; ! ? and wide before : » % €."""
    wrong = re.compile(
        rf"[ \n{WIDE}][;!?](?!\w)|[ \n{NARROW}][:»%€](?!\w)|«(?!{WIDE})|[^\s{WIDE}]»|\w[;!?](?=\s|$)"
    )
    assert [piece for piece in french(name) if wrong.search(piece)] == []
