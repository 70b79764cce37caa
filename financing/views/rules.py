"""What an OPCO pays and what a branch gets, as readable tables: today's rules, or those of another day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from branches.evidence import reference
from branches.lookup import AgreementFact, OpcoFact, Reference
from financing import frame
from financing.askers import Unknown, asker
from financing.calculator import Rule, Rulebook
from financing.calculator.selection import concerns, ended, rules_of
from financing.calculator.sentences import expired
from financing.exports import rules_table
from financing.fields import DayField, NumberField
from financing.forms import QueryForm
from financing.limits import LIMITS
from financing.rulebook import rulebook
from financing.shown import verified
from financing.tables import Part, Scope, exhausted, parts, scopes
from financing.views.addresses import address_of
from financing.views.exports import unlisted
from opco_portal.corrections.formats import download
from opco_portal.french import plain


class RulesForm(QueryForm):
    """Which rules to show; what is wrong with a value is said beside it, and the page is shown without it."""

    salaries = NumberField(LIMITS["headcount"], label="Effectif", required=False)
    le = DayField(label="Règles en vigueur le", required=False)

    @property
    def headcount(self) -> int | None:
        told: int | None = self._told("salaries")
        return told

    @property
    def on(self) -> date:
        told: date = self._told("le") or timezone.localdate()
        return told

    @property
    def is_told(self) -> bool:
        """Something is filled in, right or wrong."""
        return any(field.value() for field in self)

    def _told(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name)


@dataclass(frozen=True)
class Asked:
    """The rulebook of an OPCO, and what of it the address asks for."""

    form: RulesForm
    book: Rulebook
    opco: OpcoFact
    idcc: str | None = None

    @property
    def on(self) -> date:
        return self.form.on

    @cached_property
    def concerned(self) -> list[Rule]:
        """The OPCO's rules of every day, of the branch where there is one."""
        return [
            rule for rule in self.book.rules if rule.opco and (not self.idcc or concerns(rule, self.idcc))
        ]

    @cached_property
    def own(self) -> list[Rule]:
        """The OPCO's rules of that day and for that size."""
        return rules_of(self.concerned, self.on, headcount=self.form.headcount)

    @property
    def national(self) -> list[Rule]:
        """Those of the national frame."""
        frame = [rule for rule in self.book.rules if not rule.opco]
        return rules_of(frame, self.on, headcount=self.form.headcount)

    def parts(self, rules: Sequence[Rule]) -> tuple[Part, ...]:
        return parts(rules, self.book.envelopes, self.on)


def _asked(request: HttpRequest, slug: str, current: Reference, idcc: str | None = None) -> Asked:
    return Asked(RulesForm(request.GET), rulebook(slug, current.version), current.opcos[slug], idcc)


# ------------------------------------------------------------------------------------------------ an OPCO
@dataclass(frozen=True)
class Branch:
    """The rules of a branch, and the agreements that it is known by; the others have a code only."""

    scope: Scope
    agreements: tuple[AgreementFact, ...]

    @property
    def exhausted(self) -> bool:
        """Every table of the branch draws on a budget that is exhausted."""
        return all(
            table.exhausted for part in self.scope.parts for band in part.bands for table in band.tables
        )


@require_safe
def opco_financing(request: HttpRequest, slug: str) -> HttpResponse:
    """/opco/<slug>/financements/: what is common to the branches, then each branch that publishes something."""
    current = reference()
    if slug not in current.opcos:
        raise Http404
    asked = _asked(request, slug, current)
    found = scopes(asked.own, asked.book.envelopes, asked.on)
    context = _context(asked) | {
        "general": [part for scope in found if not scope.idccs for part in scope.parts],
        "branches": [_branch(scope, current) for scope in found if scope.idccs],
        "by_branch": asked.book.own.by_branch if asked.book.own else (),
    }
    return render(request, "financing/opco_rules.html", context)


def _branch(scope: Scope, current: Reference) -> Branch:
    known = [current.agreements[idcc] for idcc in scope.idccs if idcc in current.agreements]
    return Branch(scope, tuple(known))


# ------------------------------------------------------------------------------------------------ a branch
@require_safe
def agreement_financing(request: HttpRequest, idcc: str) -> HttpResponse:
    """/convention/<idcc>/financements/: the branch's own rules first, then those of every branch of its OPCO."""
    current = reference()
    agreement = current.agreements.get(idcc)
    if agreement is None:
        raise Http404
    final = current.final(idcc) or agreement
    if final.idcc != idcc:
        return redirect(address_of("agreement_financing", request.GET, final.idcc))
    try:
        told = asker(
            opco=request.GET.get("opco", ""), idcc=idcc, on=RulesForm(request.GET).on, current=current
        )
    except Unknown as unknown:
        opcos = sorted(current.opcos.values(), key=lambda opco: plain(opco.name))
        context = {"agreement": agreement, "sentence": unknown.sentence, "opcos": opcos}
        return render(request, "financing/rules_choice.html", context)
    asked = _asked(request, told.opco, current, idcc)
    mine = [rule for rule in asked.own if rule.idccs]
    context = _context(asked) | {
        "agreement": agreement,
        "notes": told.notes,
        "mine": asked.parts(mine),
        "unpublished": frame.unpublished(asked.book, mine),
        "general": asked.parts([rule for rule in asked.own if not rule.idccs]),
    }
    return render(request, "financing/agreement_rules.html", context)


# ------------------------------------------------------------------------------------------------ as a file
@require_safe
def opco_financing_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """/opco/<slug>/financements.csv: the rules of the page, those of a branch with `idcc`, and the national frame's."""
    current = reference()
    idcc = request.GET.get("idcc", "")
    if slug not in current.opcos or (idcc and idcc not in current.agreements):
        raise Http404
    asked = _asked(request, slug, current, idcc or None)
    if not asked.form.is_valid():
        return redirect(_page_of(asked, request.GET))
    table = rules_table([*asked.own, *asked.national], asked.book, asked.on)
    return unlisted(download(table, "csv", f"financements {slug} {idcc} {asked.on}"))


def _page_of(asked: Asked, query: Mapping[str, str]) -> str:
    """The page with the same rules, which says what is wrong with a value."""
    if not asked.idcc:
        return address_of("opco_financing", query, asked.opco.slug)
    kept = {name: value for name, value in query.items() if name != "idcc"}
    return address_of("agreement_financing", {**kept, "opco": asked.opco.slug}, asked.idcc)


# ------------------------------------------------------------------------------------------------ both
def _context(asked: Asked) -> dict[str, Any]:
    book, on = asked.book, asked.on
    return {
        "opco": asked.opco,
        "form": asked.form,
        "on": on,
        "is_today": on == timezone.localdate(),
        "criteria": book.own,
        "verified": verified(asked.own),
        "exhausted": exhausted(asked.own, book.envelopes, on),
        "over": [expired(scheme, last) for scheme, last in ended(asked.concerned, on).items()],
        "national": asked.parts(asked.national),
        "payments": frame.payments(book, asked.own, on),
        "conditions": frame.conditions(book, on),
        "references": frame.references(book, on),
    }
