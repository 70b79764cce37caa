"""Databases of their own for the tests that commit, are killed half-way, or are watched from other processes.

The database with the loaded reference is copied once, before anything connects to it for long; every test that
asks gets a copy of that copy, which PostgreSQL makes in a fraction of a second.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.db import connection

_numbers = itertools.count(1)


def keep_pristine() -> None:
    """Set a copy of the test database aside."""
    name = connection.settings_dict["NAME"]
    _leave(name)
    _administer(f'CREATE DATABASE "{_pristine(name)}" TEMPLATE "{name}"')


def drop() -> None:
    """Drop the test database and the copy that was set aside, whoever is still connected."""
    name = connection.settings_dict["NAME"]
    _leave("postgres")
    for each in (name, _pristine(name)):
        _administer(f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)')


@contextmanager
def copy_of_pristine() -> Iterator[str]:
    """Point Django at a fresh copy, and yield its address for other processes."""
    home = connection.settings_dict["NAME"]
    copy = f"{home}_{os.getpid()}_{next(_numbers)}"
    _administer(f'CREATE DATABASE "{copy}" TEMPLATE "{_pristine(home)}"')
    _leave(copy)
    try:
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{copy}").geturl()
    finally:
        _leave(home)
        _administer(f'DROP DATABASE "{copy}" WITH (FORCE)')


def _pristine(name: str) -> str:
    return f"{name}_pristine"


def _leave(name: str) -> None:
    """Close every connection of this process, and open the next ones to the named database."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


def _administer(statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as session:
        session.execute(statement)
