"""What each process keeps of the reference data, under the data version that it was read at."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from opco_portal.sync.models import DataVersion

T = TypeVar("T")


class Kept(Generic[T]):
    """A value read from the database once for each data version, then served from memory.

    Should the data change while `read` reads, the version kept is the older one and the next request reads again.
    """

    def __init__(self, read: Callable[[int], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._held: tuple[int, T] | None = None

    def __call__(self, version: int | None = None) -> T:
        """The value at the current data version (pass the version when it has just been read)."""
        if version is None:
            version = DataVersion.objects.values_list("number", flat=True).first() or 0
        held = self._held
        if held is not None and held[0] == version:
            return held[1]
        with self._lock:
            if self._held is None or self._held[0] != version:
                self._held = (version, self._read(version))
            return self._held[1]

    def forget(self) -> None:
        """Drop what is in memory; only tests, which roll versions back, need it."""
        self._held = None
