"""What the list changes of the agreements that are known. Computed before anything is written."""

import copy
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from branches.models import Agreement
from branches.sources.agreements.entries import LENGTHS, Entry
from opco_portal.sync.source import SetAside, Staged

Status = Agreement.Status

# What the list decides; a row is written when one of them differs, and then says where it comes from.
DECIDED = ("title", "short_title", "scope", "status", "successor_id", "title_source", "origin")


@dataclass
class Plan:
    """`changed`: the agreements to write, each with what it was (None: it is new). `left`: those that staff wrote."""

    changed: list[tuple[Agreement | None, Agreement]] = field(default_factory=list)
    left: list[tuple[Agreement, Entry]] = field(default_factory=list)


def plan(entries: Mapping[str, Entry], known: Mapping[str, Agreement], url: str, staged: Staged) -> Plan:
    """Line the list up with what is known. Successors that lead nowhere or in a circle are told in `staged`."""
    made = Plan()
    entries = {idcc: entry for idcc, entry in entries.items() if not _is_escape(known.get(idcc))}
    made.left = [(known[i], entry) for i, entry in entries.items() if _is_manual(known.get(i))]
    ours = {idcc: entry for idcc, entry in entries.items() if not _is_manual(known.get(idcc))}
    successors = _successors(ours, known, staged)
    for idcc, entry in ours.items():
        before = known.get(idcc)
        after = _written(entry, before, successors[idcc], url)
        if before is None or any(getattr(before, name) != getattr(after, name) for name in DECIDED):
            made.changed.append((before, after))
    return made


def _is_escape(agreement: Agreement | None) -> bool:
    return agreement is not None and agreement.status == Status.ESCAPE


def _is_manual(agreement: Agreement | None) -> bool:
    return agreement is not None and agreement.origin == Agreement.Origin.MANUAL


def _written(entry: Entry, before: Agreement | None, successor: str | None, url: str) -> Agreement:
    """An agreement as it will be, on a copy of what it was."""
    after = copy.copy(before) if before else Agreement(idcc=entry.idcc, status=Status.UNKNOWN)
    after.title = entry.title
    # People see the short title, so there is always one: the list's, else the one that was there, else the title.
    after.short_title = entry.short_title or after.short_title or _shortened(entry.title)
    after.scope = entry.scope or after.scope
    after.status = _status(entry, after.status)
    after.successor_id = successor
    after.title_source, after.origin = Agreement.TitleSource.DARES, Agreement.Origin.SYNC
    after.source_url = url
    return after


def _shortened(title: str) -> str:
    return textwrap.shorten(title, LENGTHS["short_title"], placeholder="…")


def _status(entry: Entry, before: str) -> str:
    """In force or replaced as the list says. What merely ended was not "merged": its situation is not published."""
    if entry.active is None:
        return before
    if entry.active:
        return Status.ACTIVE
    return Status.MERGED if entry.successor or before == Status.MERGED else Status.UNKNOWN


# --------------------------------------------------------------------------------------------------- successors
def _successors(
    entries: Mapping[str, Entry], known: Mapping[str, Agreement], staged: Staged
) -> dict[str, str | None]:
    """IDCC -> successor of each entry. What is in force has none; where the list has none, ours is kept."""
    kept = {idcc: agreement.successor_id for idcc, agreement in known.items()}
    chosen: dict[str, str | None] = {}
    for idcc, entry in entries.items():
        named = entry.successor
        problem = _problem(entry, entries, known) if named else ""
        if problem:
            _tell(idcc, named, problem, staged)
        chosen[idcc] = None if entry.active else named if named and not problem else kept.get(idcc)
    for idcc in list(_in_circles({**kept, **chosen})):
        if chosen.get(idcc) is not None:
            _tell(idcc, chosen[idcc], "les remplacements tournent en rond", staged)
            chosen[idcc] = None
    return chosen


def _problem(entry: Entry, entries: Mapping[str, Entry], known: Mapping[str, Agreement]) -> str:
    """Why a successor that the list names is not followed."""
    successor = entry.successor or ""
    if entry.active:
        return "la convention est dite en vigueur, et remplacée"
    if _is_escape(known.get(successor)):
        return "c’est un code de repli, pas une convention"
    if successor not in entries and successor not in known:
        return "personne ne connaît la convention qui la remplace"
    return ""


def _tell(idcc: str, successor: str | None, why: str, staged: Staged) -> None:
    """The row is loaded, so it does not count as set aside; only its successor is."""
    staged.put_aside(SetAside(f"IDCC {idcc}, remplacée par {successor}", why), rows=0)


def _in_circles(successors: Mapping[str, Any]) -> Iterator[str]:
    """The agreements that are, in the end, their own successors."""
    for idcc in successors:
        seen, current = {idcc}, successors[idcc]
        while current and current not in seen:
            seen.add(current)
            current = successors.get(current)
        if current == idcc:
            yield idcc
