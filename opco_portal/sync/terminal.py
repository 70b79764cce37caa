"""A run as it is followed in a terminal: a line for each step, a bar for those whose length is known."""

from types import TracebackType
from typing import Any, TextIO

import click

from opco_portal.sync.models import SyncRun


class Terminal:
    """A watcher for `synchronise`; leaving it gives the terminal back as it was, whatever happened."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.label = ""
        self.bar: Any = None

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_line()

    def step(self, step: SyncRun.Step) -> None:
        self._end_line()
        self.label = step.label.capitalize()
        self.out.write(f"{self.label}…")  # a bar that follows is drawn over it
        self.out.flush()

    def progress(self, done: int, total: int | None) -> None:
        if not total:
            return
        if self.bar is None:
            self.bar = click.progressbar(length=total, label=self.label, file=self.out)
            self.bar.render_progress()
        # A download that starts anew goes back, which the bar itself does not know.
        self.bar.length, self.bar.pos = total, min(done, self.bar.pos)
        self.bar.update(done - self.bar.pos)

    def _end_line(self) -> None:
        if self.bar is not None:
            self.bar.render_finish()
        elif self.label:
            self.out.write("\n")
        self.bar, self.label = None, ""
