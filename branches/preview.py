"""What a decision would change for the public, computed before anything is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone

from branches.evidence import attachment_fact, reference
from branches.lookup import AgreementFact, Answer, AttachmentFact, Evidence, Reference, answer, parse
from branches.lookup.activities import by_agreements
from branches.models import Attachment
from opco_portal.corrections.history import Change
from opco_portal.french import day, percent, plural, typeset


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
    agreement = reference.agreements[idcc]
    after = replace(
        reference,
        agreements={**reference.agreements, idcc: replace(agreement, attachments=tuple(attachments))},
        concluded={},
    )
    coming = sorted({today, *(each for each in days if each > today)})
    turns = [Turn(each, say(reference, idcc, each), say(after, idcc, each)) for each in coming]
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
    """What the public answers for the codes would become if attachments changed so: one sentence for each turn."""
    current, today = reference(), timezone.localdate()
    sentences = []
    for idcc in sorted({change.values["agreement_id"] for change in changes}):
        rows = {row.pk: row for row in Attachment.objects.filter(agreement=idcc)}
        days = [each for row in rows.values() for each in bounds(row)]
        for change in changes:
            rows.pop(change.pk, None)
            if change.after and change.after["agreement_id"] == idcc:
                rows[change.pk] = Attachment(**change.after)
        days += [each for row in rows.values() for each in bounds(row)]
        shown = preview(current, idcc, [attachment_fact(row) for row in rows.values()], days, today)
        sentences += [
            typeset(f"IDCC {idcc}, {when(turn, today).lower()} : « {turn.before} » devient « {turn.after} »")
            for turn in shown.turns
            if turn.changes
        ]
    return sentences


def bounds(row: Attachment) -> list[date]:
    """The days on which a decision begins and no longer applies."""
    return [each for each in (row.validity.lower, row.validity.upper) if each] if row.validity else []


def when(turn: Turn, today: date) -> str:
    return "Aujourd’hui" if turn.on == today else f"À partir du {day(turn.on)}"
