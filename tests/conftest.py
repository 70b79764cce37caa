"""The database of the tests holds the real reference data; each test sees it whole and changes are undone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from branches.evidence import forget_reference
from branches.reference.files import read_all
from branches.reference.load import load


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        load(read_all())


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """The reference in memory and the counters in Valkey outlive a rolled-back test; forget them."""
    forget_reference()
    yield
    cache.clear()
