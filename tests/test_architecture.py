"""Dependencies point one way, and the pure modules stay pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = [
    *(ROOT / "branches/lookup").glob("*.py"),
    *(ROOT / "financing/calculator").glob("*.py"),
    *(ROOT / f"financing/{name}.py" for name in ("charts", "frame", "lengths", "outlook", "shown", "tables")),
    ROOT / "opco_portal/identifiers.py",
    ROOT / "opco_portal/french.py",
]
# The only places where the project names its apps: the address map.
MAPS = {ROOT / "opco_portal/urls.py", ROOT / "opco_portal/api/urls.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_pure_modules_know_neither_django_nor_the_network(path):
    assert not packages(path) & {"django", "rest_framework", "httpx", "psycopg", "celery", "redis"}


@pytest.mark.parametrize(
    ("package", "below"), [("opco_portal", {"branches", "financing"}), ("branches", {"financing"})]
)
def test_dependencies_point_one_way(package, below):
    files = [path for path in (ROOT / package).rglob("*.py") if path not in MAPS]
    offenders = {str(path.relative_to(ROOT)) for path in files if packages(path) & below}
    assert not offenders
