"""Databases of their own for the tests that commit, are killed half-way, or are watched from other processes.

The database with the loaded reference is copied once, before anything connects to it for long; every test that
asks gets a copy of that copy, which PostgreSQL makes in a fraction of a second.
"""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import environ
import psycopg
from django.core.management import call_command
from django.db import connection

from opco_portal.local.postgres import start_postgres
from opco_portal.local.servers import guarded

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
    with _copy() as name, _at(name):
        yield _address(name)


@contextmanager
def copy_for_others(fill: Callable[[], None]) -> Iterator[str]:
    """Yield the address of a copy that is filled from here, and that only other processes use from then on."""
    with _copy() as name:
        with _at(name):
            fill()
        yield _address(name)


@contextmanager
def _copy() -> Iterator[str]:
    home = connection.settings_dict["NAME"]
    name = f"{home}_{os.getpid()}_{next(_numbers)}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{_pristine(home)}"')
    try:
        yield name
    finally:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _at(name: str) -> Iterator[None]:
    """Point Django at a database, then back."""
    home = connection.settings_dict["NAME"]
    _leave(name)
    try:
        yield
    finally:
        _leave(home)


def _address(name: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def server_to_restart(home: Path) -> Iterator[Callable[[], None]]:
    """Point Django at a migrated database on a PostgreSQL of the test's own; yields what restarts it."""
    with guarded(home) as guardian:
        url = start_postgres(guardian, home, durable=True)

        def restart() -> None:
            os.kill(int((home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
            guardian.wait_for_end("postgres")
            start_postgres(guardian, home, durable=True)

        settings, before = connection.settings_dict, dict(connection.settings_dict)
        there = environ.Env().db_url_config(url)
        _leave(there["NAME"])
        settings |= there | {"OPTIONS": {**before["OPTIONS"], **there["OPTIONS"]}}
        try:
            call_command("migrate", verbosity=0)
            yield restart
        finally:
            _leave(before["NAME"])
            settings |= before


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
