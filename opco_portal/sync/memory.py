"""What each process keeps of the reference data, under the data version that it was read at."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from opco_portal.sync.models import DataVersion

T = TypeVar("T")


class Kept(Generic[T]):
    """A value read from the database once for each data version, then served from memory.

    `read` may read several tables: should the data change meanwhile, it reads again, for what changes them commits
    together with the version.
    """

    def __init__(self, read: Callable[[int], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._held: tuple[int, T] | None = None

    def __call__(self, version: int | None = None) -> T:
        """The value at the current data version (pass the version when it has just been read)."""
        held, wanted = self._held, _current() if version is None else version
        if held is None or held[0] != wanted:
            with self._lock:
                held = self._renewed()
        return held[1]

    def _renewed(self) -> tuple[int, T]:
        """The value of now: the version that was asked for may be past already."""
        held, now = self._held, _current()
        while held is None or held[0] != now:
            held = now, self._read(now)
            now = _current()
        self._held = held
        return held

    def forget(self) -> None:
        """Drop what is in memory; only tests, which roll versions back, need it."""
        self._held = None


def _current() -> int:
    return DataVersion.objects.values_list("number", flat=True).first() or 0
