"""How a synchronisation can end before it publishes. Each message is French, for staff: what is wrong, what to do."""

from opco_portal.french import typeset
from opco_portal.sync.models import SyncRun


class SyncError(Exception):
    """The run stops here and nothing has changed; `state` is how it ended."""

    state: SyncRun.State = SyncRun.State.FAILED
    forcible = False

    def __init__(self, message: str) -> None:
        super().__init__(typeset(message))

    @property
    def message(self) -> str:
        return str(self.args[0])


class Refusal(SyncError):
    """What was published is doubtful: wrong format, wrong size, too few rows, a label that nobody knows.

    A `forcible` one is not raised when the run is forced: somebody may know that the file is right.
    """

    state = SyncRun.State.REFUSED

    def __init__(self, message: str, *, forcible: bool = False) -> None:
        super().__init__(message)
        self.forcible = forcible


class Failure(SyncError):
    """The publisher, the network, the disk or the database did not play its part: worth another try."""

    state = SyncRun.State.FAILED


class Unchanged(SyncError):
    """The publisher has nothing new."""

    state = SyncRun.State.UNCHANGED


class Cancelled(SyncError):
    """Somebody asked for the run to stop."""

    state = SyncRun.State.CANCELLED


class Taken(SyncError):
    """The run was carried out elsewhere, or is not wanted any more: its state is not ours to write."""


class Busy(SyncError):
    """Another run of the same source is at work, here or on another machine."""

    state = SyncRun.State.BUSY
