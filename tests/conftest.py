"""The database of the tests holds the real reference data; each test sees it whole and changes are undone."""

from collections.abc import Iterator
from typing import Any

import pytest
import stamina
from django.core.cache import cache
from django.test.utils import setup_databases

from branches.evidence import forget_reference
from branches.reference.files import read_all
from branches.reference.load import load
from financing.reference.files import read_all as read_rules
from financing.reference.load import load as load_rules
from financing.rulebook import forget_rules
from tests import databases, publications


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """pytest-django's own creates the database only when a test is marked for it; some of ours copy it instead."""
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)
        load(read_all())
        load_rules(read_rules())
        databases.keep_pristine()
        yield
        databases.drop()


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database with the whole reference for this test alone, where transactions commit; its address."""
    with django_db_blocker.unblock(), databases.copy_of_pristine() as address:
        publications.forget_published_rows()
        yield address


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """The reference and rules in memory and the counters in Valkey outlive a rolled-back test; forget them."""
    forget_reference()
    forget_rules()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """What is tried again is tried at once."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield
