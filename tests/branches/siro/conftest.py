"""A small June and July of the table, a publisher that offers them, and a portal that serves June."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.models import SyncRun
from opco_portal.sync.source import SyncSource, source_named
from tests.benchmarks import siro as synthetic
from tests.publisher import Publisher

ROWS, CHANGES = 4_000, 500


@pytest.fixture(scope="session")
def vintages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with siro-202606.csv and siro-202607.csv, which differ by 500 known changes."""
    folder = tmp_path_factory.mktemp("siro")
    synthetic.write(folder / "siro-202606.csv", ROWS)
    synthetic.write_next(folder / "siro-202606.csv", folder / "siro-202607.csv", CHANGES)
    return folder


@pytest.fixture(scope="session")
def june(vintages: Path) -> bytes:
    return (vintages / "siro-202606.csv").read_bytes()


@pytest.fixture(scope="session")
def july(vintages: Path) -> bytes:
    return (vintages / "siro-202607.csv").read_bytes()


@pytest.fixture
def siro(monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> SyncSource[Any]:
    """The source, looking at the test's own server."""
    source = source_named("siro")
    monkeypatch.setattr(type(source), "base_url", httpserver.url_for("/api/1/datasets/siro/"))
    return source


@pytest.fixture
def publisher(httpserver: HTTPServer) -> Publisher:
    return Publisher(httpserver)


@pytest.fixture
def sync(own_database: str, siro: SyncSource[Any]) -> Callable[..., SyncRun]:
    """Run the synchronisation as the scheduler would, or with an order's wishes."""

    def run(*, file: Path | None = None, **order: Any) -> SyncRun:
        return synchronise(siro, prepare(siro, Order(**order)), file=file)

    return run


@pytest.fixture
def portal_on_june(sync: Callable[..., SyncRun], publisher: Publisher, june: bytes) -> Publisher:
    """The portal serves June, and the publisher offers it."""
    publisher.offer("202606", june)
    assert sync().state == SyncRun.State.PUBLISHED
    return publisher
