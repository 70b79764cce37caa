"""What a run says while it works, and the lock that keeps two runs of one source apart.

Both live on a database connection of their own: the run's data is one long transaction, in which nobody else
would see its progress, and the lock must fall with the process that holds it, on whichever machine it ran.
"""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

import psycopg
from django.db import connection

from opco_portal.french import typeset
from opco_portal.sync.errors import Busy, Cancelled, Failure
from opco_portal.sync.models import SyncRun

LOCKS = 1_397_313_103  # the portal's own class of advisory locks, so that they meet no other program's
LOST = "La base de données s’est interrompue. Rien n’a changé ; relancez quand elle répond."
EVERY = 0.4  # seconds between two reports of progress
REPORT = """
UPDATE sync_syncrun SET step = %s, done = %s, total = %s, rows = %s WHERE id = %s RETURNING cancel_requested
"""


class Watcher(Protocol):
    """Somebody who looks on, such as the terminal."""

    def step(self, step: SyncRun.Step) -> None: ...
    def progress(self, done: int, total: int | None) -> None: ...


class Journal:
    """Reports step and progress to the run's row, and learns from it that the run is to stop."""

    def __init__(self, run: SyncRun, session: psycopg.Connection, watcher: Watcher | None) -> None:
        self.run, self.session, self.watcher = run, session, watcher
        self._reported = 0.0
        self._done, self._total, self._rows = 0, None, 0  # type: int, int | None, int
        self.current: SyncRun.Step | None = None

    def step(self, step: SyncRun.Step) -> None:
        """A new step begins."""
        self.current, self._done, self._total = step, 0, None
        if self.watcher:
            self.watcher.step(step)
        self._report()

    def progress(self, done: int, total: int | None, rows: int = 0) -> None:
        """So many bytes of the step are done; cheap enough to be called for every chunk.

        Raises:
            Cancelled: the run is to stop.
        """
        self._done, self._total, self._rows = done, total, rows or self._rows
        if self.watcher:
            self.watcher.progress(done, total)
        if time.monotonic() - self._reported > EVERY:
            self._report()

    def _report(self) -> None:
        self._reported = time.monotonic()
        values = [self.current, self._done, self._total, self._rows, self.run.pk]
        try:
            asked = self.session.execute(REPORT, values).fetchone()
        except psycopg.OperationalError as error:
            raise Failure(LOST) from error
        if asked and asked[0]:
            raise Cancelled("Annulée avant la publication : les données servies n’ont pas changé.")


@contextmanager
def journal(run: SyncRun, watcher: Watcher | None = None) -> Iterator[Journal]:
    """Hold the lock of the run's source.

    Raises:
        Busy: another run holds it.
    """
    with dedicated_session() as session:
        if not _take(session, run.source_id):
            raise Busy(
                typeset("Une autre mise à jour de cette source est en cours : attendez qu’elle se termine.")
            )
        yield Journal(run, session, watcher)


@contextmanager
def idle(code: str) -> Iterator[bool]:
    """Whether no run of the source is at work; none can begin within the block then."""
    with dedicated_session() as session:
        yield _take(session, code)


@contextmanager
def dedicated_session() -> Iterator[psycopg.Connection]:
    """A connection outside the pool and outside any transaction; what it locked is free when the block ends."""
    parameters = connection.get_connection_params() | {"autocommit": True, "cursor_factory": psycopg.Cursor}
    try:
        session = psycopg.connect(**parameters)
    except psycopg.OperationalError as error:
        raise Failure(LOST) from error
    try:
        yield session
    finally:
        # the server would notice the closed connection a moment later: too late for a run that follows at once
        with session, suppress(psycopg.OperationalError):
            session.execute("SELECT pg_advisory_unlock_all()")


def _take(session: psycopg.Connection, code: str) -> bool:
    try:
        found = session.execute(
            "SELECT pg_try_advisory_lock(%s, %s::int)", [LOCKS, number_of(code)]
        ).fetchone()
    except psycopg.OperationalError as error:
        raise Failure(LOST) from error
    return bool(found and found[0])


def number_of(code: str) -> int:
    """A source's number among the locks: any that is always the same."""
    return zlib.crc32(code.encode()) - (1 << 31)
