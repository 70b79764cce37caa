"""What a decision would change for the public, computed before anything is written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone

from branches.evidence import attachment_fact, reference
from branches.lookup import AgreementFact, Answer, AttachmentFact, Evidence, Reference, answer, parse
from branches.lookup.activities import by_agreements
from branches.models import Attachment
from opco_portal.corrections.history import Change
from opco_portal.french import day, percent, plural, typeset

FORETOLD = 50  # answers told one by one before many decisions change at once


@dataclass(frozen=True)
class Turn:
    """From a day on, what the public answer for the code says instead of what it said until then."""

    on: date
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Preview:
    """`counted`: what the table says of the agreement `idcc`; `turns`: the answer for the code, today and whenever it
    changes; `followers`: merged agreements whose answers change with it; `activities`: NAF codes whose answers change.
    """

    idcc: str
    counted: str
    turns: Sequence[Turn]
    followers: Sequence[AgreementFact]
    activities: int

    @property
    def fingerprint(self) -> str:
        """What was shown: another one says that what is confirmed is no longer what was read."""
        return "|".join(
            [
                self.idcc,
                self.counted,
                *(f"{turn.on}{turn.before}{turn.after}" for turn in self.turns),
                *(fact.idcc for fact in self.followers),
                str(self.activities),
            ]
        )

    @property
    def is_idle(self) -> bool:
        """Nothing would change for anybody."""
        return not any(turn.changes for turn in self.turns)


def preview(
    reference: Reference, idcc: str, attachments: Sequence[AttachmentFact], days: Iterable[date], today: date
) -> Preview:
    """The public answers if the agreement had these attachments, today and on the `days` when one begins or ends."""
    agreement, after = reference.agreements[idcc], _with(reference, idcc, attachments)
    turns = _turns(reference, after, idcc, days, today)
    coming = [turn.on for turn in turns]
    followers = [
        fact
        for fact in reference.agreements.values()
        if fact.successor
        and reference.final(fact.idcc) is agreement
        and any(say(reference, fact.idcc, each) != say(after, fact.idcc, each) for each in coming)
    ]
    activities = sum(
        any(_leading(reference, code, each) != _leading(after, code, each) for each in coming)
        for code, activity in reference.activities.items()
        if any(share.idcc == idcc for share in activity.covered)
    )
    return Preview(idcc, _counted(agreement, reference), turns, followers, activities)


def _with(reference: Reference, idcc: str, attachments: Sequence[AttachmentFact]) -> Reference:
    agreement = replace(reference.agreements[idcc], attachments=tuple(attachments))
    return replace(reference, agreements={**reference.agreements, idcc: agreement}, concluded={})


def _turns(
    reference: Reference, after: Reference, idcc: str, days: Iterable[date], today: date
) -> list[Turn]:
    coming = sorted({today, *(each for each in days if each > today)})
    return [Turn(each, say(reference, idcc, each), say(after, idcc, each)) for each in coming]


def _leading(reference: Reference, naf: str, on: date) -> tuple[str, ...]:
    return tuple(c.opco.slug for c in by_agreements(reference.activities[naf], reference, on)[1])


def answered(reference: Reference, idcc: str, on: date) -> Answer:
    """The public answer for a code."""
    return answer(parse(f"IDCC {idcc}"), Evidence(reference), on=on)


CONFIDENCE = {"certain": "certain", "deduced": "déduit", "probable": "probable", "indicative": "indicatif"}


def say(reference: Reference, idcc: str, on: date) -> str:
    """The public answer for a code in a few words: « AKTO (déduit) »."""
    found = answered(reference, idcc, on)
    if found.status == "found" and found.best:
        return f"{found.best.opco.name} ({CONFIDENCE[found.best.confidence]})"
    if found.status == "ambiguous":
        named = ", ".join(
            f"{each.opco.name}{f' {percent(each.share)}' if each.share else ''}"
            for each in found.candidates[:3]
        )
        return f"plusieurs OPCO possibles ({named})"
    return "aucun OPCO"


def _counted(agreement: AgreementFact, reference: Reference) -> str:
    """« 12 345 établissements déclarent ce code, dont 98,7 % à AKTO, en juin 2026. »"""
    facts = [fact for fact in agreement.attachments if fact.source == "siro"]
    if not facts:
        return "Aucun établissement de la table SIRET-OPCO ne déclare ce code."
    top, siro = max(facts, key=lambda fact: fact.establishments or 0), reference.sources["siro"]
    total = agreement.establishments
    verb = "déclare" if total == 1 else "déclarent"
    return typeset(
        f"{plural(total, 'établissement')} {verb} ce code, dont {percent(top.share or 0)} chez "
        f"{reference.opcos[top.opco].name}, en {siro.vintage}."
    )


def forecast(changes: Sequence[Change]) -> list[str]:
    """What the public answers for the codes would become if attachments changed so, turn by turn; many are counted."""
    current, today = reference(), timezone.localdate()
    sides = [side for change in changes for side in (change.before, change.after) if side]
    idccs = {side["agreement_id"] for side in sides}
    rows = {row.pk: row for row in Attachment.objects.filter(agreement__in=idccs)}
    before = _by_agreement(rows)
    for change in changes:
        rows.pop(change.pk, None)
        if change.after:
            rows[change.pk] = Attachment(**change.after)
    after = _by_agreement(rows)
    sentences = []
    for idcc in sorted(idccs):
        then = _with(current, idcc, [attachment_fact(row) for row in after[idcc]])
        days = [each for row in (*before[idcc], *after[idcc]) for each in bounds(row)]
        sentences += [
            typeset(f"IDCC {idcc}, {when(turn, today).lower()} : « {turn.before} » devient « {turn.after} »")
            for turn in _turns(current, then, idcc, days, today)
            if turn.changes
        ]
    return _shortened(sentences)


def _by_agreement(rows: Mapping[int, Attachment]) -> Mapping[str, list[Attachment]]:
    found: dict[str, list[Attachment]] = defaultdict(list)
    for row in rows.values():
        found[row.agreement_id].append(row)
    return found


def _shortened(sentences: list[str]) -> list[str]:
    more = len(sentences) - FORETOLD
    rest = [typeset(f"et {plural(more, 'autre réponse', 'autres réponses')}")] if more > 0 else []
    return sentences[:FORETOLD] + rest


def bounds(row: Attachment) -> list[date]:
    """The days on which a decision begins and no longer applies."""
    return [each for each in (row.validity.lower, row.validity.upper) if each] if row.validity else []


def when(turn: Turn, today: date) -> str:
    return "Aujourd’hui" if turn.on == today else f"À partir du {day(turn.on)}"
