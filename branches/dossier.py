"""Everything that is known of an agreement's OPCO, side by side: what staff look at before they decide."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from branches import attachments
from branches.evidence import reference
from branches.lookup import AgreementFact, AttachmentFact, OpcoFact
from branches.models import Attachment, Conflict, Disagreement, VintagePair
from branches.preview import say
from opco_portal.french import period
from opco_portal.sync.models import SyncRun

VINTAGES = 12  # as many as can be served again

OPINIONS = """
SELECT said.other_id, said.engine, count(*)
FROM branches_disagreement AS said JOIN branches_establishment AS row ON row.siret = said.siret
WHERE row.idcc = %s AND said.settled_at IS NULL
GROUP BY said.other_id, said.engine
"""


@dataclass(frozen=True)
class Point:
    """The share of an OPCO in one vintage of the table."""

    vintage: str
    share: Decimal


@dataclass(frozen=True)
class Decision:
    """A decision of the portal; `state` is « en vigueur », « à venir » or « terminée »."""

    row: Attachment
    period: str
    state: str


@dataclass(frozen=True)
class Voice:
    """What each source says for one OPCO; None and () where it says nothing. `trend` goes from old to new."""

    opco: OpcoFact
    counted: AttachmentFact | None
    trend: Sequence[Point]
    ordered: Sequence[AttachmentFact]
    listed: Sequence[AttachmentFact]
    decisions: Sequence[Decision]
    opinions: Mapping[str, int]

    @property
    def line(self) -> str:
        """The trend as the points of a line in a box of 100 by 20, the whole at its top."""
        step = 100 / max(len(self.trend) - 1, 1)
        return " ".join(
            f"{place * step:.0f},{20 - 20 * float(point.share):.1f}" for place, point in enumerate(self.trend)
        )


@dataclass(frozen=True)
class Dossier:
    """`answer`: what the public reads for the code today."""

    agreement: AgreementFact
    answer: str
    vintage: str
    voices: Sequence[Voice]
    decisions: Sequence[Decision]
    conflicts: Sequence[Conflict]


def dossier_of(idcc: str) -> Dossier:
    """The evidence on an agreement, the OPCO that most is said for first; six queries."""
    current, today = reference(), timezone.localdate()
    agreement = current.agreements[idcc]
    decisions = [
        _decision(row, today) for row in attachments.decisions().filter(agreement=idcc).order_by("-validity")
    ]
    trends, opinions = _trends(idcc), _opinions(idcc)
    slugs = {fact.opco for fact in agreement.attachments} | trends.keys() | opinions.keys()
    voices = [
        Voice(
            current.opcos[slug],
            next(iter(_said(agreement, slug, "siro")), None),
            trends.get(slug, ()),
            _said(agreement, slug, "approval"),
            _said(agreement, slug, "list"),
            [each for each in decisions if each.row.opco_id == slug],
            opinions.get(slug, {}),
        )
        for slug in slugs
    ]
    return Dossier(
        agreement,
        say(current, idcc, today),
        current.sources["siro"].vintage,
        sorted(voices, key=_weight),
        decisions,
        list(Conflict.objects.filter(agreement=idcc).select_related("ours", "theirs").order_by("-pk")),
    )


def _weight(voice: Voice) -> tuple[bool, int, str]:
    counted = voice.counted.establishments if voice.counted else None
    return not voice.decisions, -(counted or 0), voice.opco.name


def _said(agreement: AgreementFact, slug: str, source: str) -> list[AttachmentFact]:
    return [fact for fact in agreement.attachments if fact.opco == slug and fact.source == source]


def _decision(row: Attachment, today: date) -> Decision:
    first, end = row.validity.lower, row.validity.upper
    state = "à venir" if first and first > today else "terminée" if end and end <= today else "en vigueur"
    return Decision(row, period(first, end), state)


def _trends(idcc: str) -> Mapping[str, Sequence[Point]]:
    """OPCO -> its share of the agreement's establishments in the vintages that are kept, from old to new."""
    runs = (
        SyncRun.objects.filter(
            source="siro", state=SyncRun.State.PUBLISHED, kind=SyncRun.Kind.SYNC, withdrawn_at=None
        )
        .order_by("-pk")
        .values_list("pk", "vintage")[:VINTAGES]
    )
    vintages = dict(reversed(runs))
    pairs = VintagePair.objects.filter(idcc=idcc, run__in=vintages)
    totals = dict(pairs.values_list("run").annotate(Sum("establishments")))
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for run, opco, count in pairs.values_list("run", "opco", "establishments"):
        counts[opco][run] = count
    return {
        opco: [
            Point(vintage, Decimal(each.get(run, 0)) / totals[run])
            for run, vintage in vintages.items()
            if run in totals
        ]
        for opco, each in counts.items()
    }


def _opinions(idcc: str) -> Mapping[str, Mapping[str, int]]:
    """OPCO -> engine -> establishments of the agreement for which it names this OPCO and the portal another."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(OPINIONS, [idcc])
        for opco, engine, count in cursor.fetchall():
            found[opco][str(Disagreement.Engine(engine).label)] += count
    # Plain ones: a template asks for keys first, and a counter has every key.
    return {opco: dict(engines) for opco, engines in found.items()}
