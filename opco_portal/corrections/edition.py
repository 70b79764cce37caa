"""How staff change reference data: one transaction, one reason, one entry that can be undone."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Model
from django.dispatch import Signal
from django.utils.text import Truncator, capfirst

from opco_portal.corrections import history
from opco_portal.corrections.history import Change
from opco_portal.corrections.models import Correction
from opco_portal.corrections.words import Names
from opco_portal.french import listed, plural, typeset
from opco_portal.sync.models import DataVersion

# Sent inside the transaction, with `correction` and `changes`: what is derived from reference data follows it.
corrected = Signal()
TOLD = 5  # changes that a correction tells one by one


@dataclass
class Draft:
    """A correction while it is made; `made` is None for as long as nothing has changed."""

    author: Any
    kind: Correction.Kind
    reason: str = ""
    source_url: str = ""
    reverts: Correction | None = None
    context: UUID = field(default_factory=uuid4)
    made: Correction | None = None


@contextmanager
def correcting(author: Any, kind: Correction.Kind = Correction.Kind.EDIT, **about: Any) -> Iterator[Draft]:
    """Everything that changes meanwhile is one correction, seen by everybody at once; nothing changed, none made.

    It takes its turn with loads and synchronisations: rows are to be read inside, not before.
    """
    draft = Draft(author, kind, **about)
    with transaction.atomic():
        DataVersion.hold()
        with history.because(draft.context, user=author.pk):
            yield draft
            _conclude(draft)


def _conclude(draft: Draft) -> None:
    changes = history.net(history.changes_of(draft.context))
    if not changes:
        return
    headline = told(changes)
    draft.made = Correction.objects.create(
        context=draft.context,
        kind=draft.kind,
        title=Truncator(headline[0]).chars(250),
        headline=headline,
        size=len(changes),
        reason=typeset(draft.reason.strip()),
        source_url=draft.source_url,
        author=draft.author,
        reverts=draft.reverts,
    )
    corrected.send(Correction, correction=draft.made, changes=changes)
    DataVersion.bump()


def told(changes: Sequence[Change]) -> list[str]:
    """The changes as sentences: each of a few, what is new first; else how many of what."""
    if len(changes) <= TOLD:
        names = Names(changes)
        return [history.told(change, names) for change in sorted(changes, key=lambda each: bool(each.before))]
    counts: dict[type[Model], Counter[str]] = defaultdict(Counter)
    for change in changes:
        counts[change.model][change.nature] += 1
    return [
        typeset(f"{capfirst(model._meta.verbose_name_plural)} : {_counted(kinds)}")
        for model, kinds in counts.items()
    ]


def _counted(kinds: Counter[str]) -> str:
    """« 197 ajouts et 3 modifications »."""
    return listed([plural(count, kind) for kind, count in kinds.items()])
