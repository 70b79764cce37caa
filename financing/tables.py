"""Rules as people read them: by who made them, then by scheme, size of company and shared budget. Pure.

What all the rules of a table have in common is told once, under it; so is the source of most of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from financing.calculator import wording
from financing.calculator.rules import Envelope, Funds, Rule
from financing.calculator.terms import Basis, Confidence, Cost, Scheme
from opco_portal.french import capital, typeset

COSTS = list(Cost)
SCHEMES = list(Scheme)
HEAD = re.compile("(.+?)[ \u00a0]: ")  # the branch that a label begins with: « Boulangerie : salaires »


@dataclass(frozen=True, slots=True)
class Source:
    """A page, when its figures were verified, and how sure they are."""

    url: str
    verified_on: date | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Remarks:
    """What goes with a figure: to be checked by the company, to be known, and what the sources contradict."""

    requires: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.requires or self.conditions or self.cautions)

    def also(self, other: "Remarks") -> "Remarks":
        """What both say."""
        return Remarks(
            *(tuple(text for text in mine if text in theirs) for mine, theirs in self._with(other))
        )

    def but(self, other: "Remarks") -> "Remarks":
        """What only this one says."""
        return Remarks(
            *(tuple(text for text in mine if text not in theirs) for mine, theirs in self._with(other))
        )

    def _with(self, other: "Remarks") -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        yield self.requires, other.requires
        yield self.conditions, other.conditions
        yield self.cautions, other.cautions


@dataclass(frozen=True, slots=True)
class Row:
    """A rule in a table: its name, its figure, what goes with it; `source` None where it is the table's."""

    rule: Rule
    name: str
    figure: str
    details: tuple[str, ...]
    terms: tuple[str, ...]
    remarks: Remarks
    source: Source | None

    @property
    def paid(self) -> bool:
        return self.rule.basis != Basis.EXCLUDED

    @property
    def published(self) -> bool:
        return self.rule.basis != Basis.UNPUBLISHED

    def but(self, shared: Sequence[str], remarks: Remarks) -> "Row":
        """Without what all the rows around it say."""
        return replace(
            self,
            remarks=self.remarks.but(remarks),
            details=tuple(text for text in self.details if text not in shared),
            terms=tuple(text for text in self.terms if text not in shared),
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """The rows of one kind of cost, and what they share: « par personne », « 14 h au plus », « présentiel »."""

    cost: Cost
    rows: tuple[Row, ...]
    shared: tuple[str, ...] = ()
    remarks: Remarks = Remarks()

    @property
    def heading(self) -> str:
        """None is needed where the only row says it already."""
        alone = len(self.rows) == 1 and self.cost.label.lower() in self.rows[0].name.lower()
        return "" if alone else self.cost.label


@dataclass(frozen=True, slots=True)
class Table:
    """The rules that are paid from one budget, or from none."""

    envelope: Envelope | None
    funds: Funds | None
    kinds: tuple[Kind, ...]
    remarks: Remarks
    source: Source
    apart: bool = False  # beside a budget that it does not draw on

    @property
    def budget(self) -> str:
        return wording.budget(self.envelope) if self.envelope else ""

    @property
    def exhausted(self) -> bool:
        return self.funds is not None and self.funds.status == "exhausted"

    @property
    def several_sources(self) -> bool:
        return any(row.source for kind in self.kinds for row in kind.rows)

    @property
    def shared(self) -> bool:
        """Several rules draw on the budget."""
        return sum(len(kind.rows) for kind in self.kinds) > 1


@dataclass(frozen=True, slots=True)
class Band:
    """What is paid to companies of one size."""

    size: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one scheme pays."""

    scheme: Scheme
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The rules of some branches (of all of them: no IDCC); `title` is how the source calls these branches."""

    title: str
    idccs: tuple[str, ...]
    parts: tuple[Part, ...]
    count: int

    @property
    def anchor(self) -> str:
        return f"branche-{'-'.join(self.idccs[:3])}" if self.idccs else "toutes-les-branches"


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A budget that pays nothing for now, and what the page says of it."""

    envelope: Envelope
    funds: Funds


def exhausted(rules: Iterable[Rule], envelopes: Mapping[str, Envelope], on: date) -> list[Exhausted]:
    """The budgets of these rules that a page says are exhausted."""
    used = {rule.envelope: envelopes[rule.envelope] for rule in rules if rule.envelope}
    states = [(envelope, envelope.state(on)) for envelope in used.values()]
    return [Exhausted(envelope, funds) for envelope, funds in states if funds and funds.status == "exhausted"]


def scopes(rules: Iterable[Rule], envelopes: Mapping[str, Envelope], on: date) -> list[Scope]:
    """The rules by the branches that they are for: those of every branch first, then those that say most."""
    by_branches: dict[tuple[str, ...], list[Rule]] = {}
    for rule in rules:
        by_branches.setdefault(rule.idccs, []).append(rule)
    found = [
        Scope(_title(of_it), idccs, parts(of_it, envelopes, on), len(of_it))
        for idccs, of_it in by_branches.items()
    ]
    return sorted(found, key=lambda scope: (bool(scope.idccs), -scope.count, scope.title))


def _title(rules: Sequence[Rule]) -> str:
    """What the labels of a branch begin with most often: « HCR : langues »."""
    heads = Counter(head[1] for rule in rules if (head := HEAD.match(rule.label)))
    return typeset(heads.most_common(1)[0][0] if heads else rules[0].label)


def parts(rules: Sequence[Rule], envelopes: Mapping[str, Envelope], on: date) -> tuple[Part, ...]:
    """The rules by scheme, in the order of the calculator."""
    return tuple(
        Part(scheme, _bands([rule for rule in rules if rule.scheme == scheme], envelopes, on))
        for scheme in SCHEMES
        if any(rule.scheme == scheme for rule in rules)
    )


def _bands(rules: Sequence[Rule], envelopes: Mapping[str, Envelope], on: date) -> tuple[Band, ...]:
    """From the smallest companies to the largest, then what depends on no size."""
    by_size: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=_size):
        by_size.setdefault(wording.size(rule), []).append(rule)
    return tuple(Band(size, _tables(of_it, envelopes, on)) for size, of_it in by_size.items())


def _size(rule: Rule) -> tuple[bool, int, int]:
    low, high = rule.headcount.min or 1, rule.headcount.max or 10**9
    return (low, high) == (1, 10**9), low, high


def _tables(rules: Sequence[Rule], envelopes: Mapping[str, Envelope], on: date) -> tuple[Table, ...]:
    by_budget: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: (rule.envelope is None, rule.envelope)):
        by_budget.setdefault(rule.envelope or "", []).append(rule)
    return tuple(
        _table(of_it, envelopes.get(code), on, apart=not code and len(by_budget) > 1)
        for code, of_it in by_budget.items()
    )


def _table(rules: Sequence[Rule], envelope: Envelope | None, on: date, *, apart: bool) -> Table:
    shared = _shared(rules)
    source = Counter(map(_source, rules)).most_common(1)[0][0]
    rows = [_row(rule, shared, source) for rule in sorted(rules, key=_order)]
    return Table(
        envelope,
        envelope.state(on) if envelope else None,
        tuple(
            _kind(cost, [row for row in rows if row.rule.cost == cost])
            for cost in COSTS
            if any(row.rule.cost == cost for row in rows)
        ),
        shared,
        source,
        apart=apart and any(row.paid for row in rows),
    )


def _kind(cost: Cost, rows: Sequence[Row]) -> Kind:
    if len(rows) == 1:
        return Kind(cost, tuple(rows))
    remarks = _common(row.remarks for row in rows)
    told = [(*row.details, *row.terms) for row in rows]
    shared = tuple(text for text in told[0] if all(text in others for others in told))
    return Kind(cost, tuple(row.but(shared, remarks) for row in rows), shared, remarks)


def _order(rule: Rule) -> tuple[bool, bool, object, str]:
    """What is paid best first, what is not paid last."""
    unknown = rule.rate is None
    return rule.basis == Basis.EXCLUDED, unknown, -(rule.rate or 0), rule.label


def _shared(rules: Sequence[Rule]) -> Remarks:
    """What every rule of a table says; one rule alone says it itself."""
    return _common(map(_remarks, rules)) if len(rules) > 1 else Remarks()


def _common(remarks: Iterable[Remarks]) -> Remarks:
    return reduce(Remarks.also, remarks)


def _remarks(rule: Rule) -> Remarks:
    return Remarks(*(tuple(map(typeset, texts)) for texts in (rule.requires, rule.conditions, rule.cautions)))


def _source(rule: Rule) -> Source:
    return Source(rule.source, rule.verified_on, rule.confidence)


def _row(rule: Rule, shared: Remarks, source: Source) -> Row:
    name, amount = _name(rule), wording.amount(rule)
    terms = [*wording.terms(rule), wording.added_to(rule), wording.validity(rule)]
    return Row(
        rule,
        name,
        amount.figure,
        amount.details,
        tuple(term for term in terms if term.lower() not in name.lower()),
        _remarks(rule).but(shared),
        None if _source(rule) == source else _source(rule),
    )


def _name(rule: Rule) -> str:
    """What the rule is for, without the branch, which the heading says."""
    if rule.basis == Basis.EXCLUDED and not rule.pays_fees and not rule.topic:
        return rule.cost.label
    words = HEAD.sub("", rule.label, count=1)
    return typeset(capital(words))
