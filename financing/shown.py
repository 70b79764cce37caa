"""An estimate as people read it: the words of each amount, what comes first, what is told together. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from financing.calculator import Estimate, Line, Option, Project, Rule, wording
from financing.calculator.terms import Action, Confidence, Cost, Eligibility
from financing.charts import Segment, bar
from opco_portal.french import NBSP, day, euros, listed, number, typeset

UNPUBLISHED, CLOSED, TO_TELL = wording.UNPUBLISHED, "non ouvert", "à préciser"
REASONS_TOLD = 3  # of an option; more of them are folded
FEW = ["", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"]
NOUNS = {
    Action.COURSE: "formation",
    Action.AFEST: "formation en situation de travail",
    Action.VAE: "VAE",
    Action.ASSESSMENT: "bilan de compétences",
    Action.RECONVERSION: "période de reconversion",
    Action.WORK_STUDY: "contrat de professionnalisation",
    Action.APPRENTICESHIP: "frais d’apprentissage",
    Action.TUTORING: "tutorat",
    Action.TUTOR_TRAINING: "formation de tuteur",
    Action.DIAGNOSIS: "diagnostic ou d’accompagnement",
}
SURE = {
    Confidence.EXACT: "Chiffres publiés",
    Confidence.BRANCH_DEPENDENT: "Montant selon la branche",
    Confidence.INDICATIVE: "Chiffres indicatifs",
}
TAGS = {Eligibility.YES: "certain", Eligibility.TO_CHECK: "deduced", Eligibility.NO: "none"}
COSTS = {
    Cost.WAGES: "de salaires",
    Cost.TRANSPORT: "de transport",
    Cost.LODGING: "d’hébergement",
    Cost.MEALS: "de repas",
}


# ------------------------------------------------------------------------------------------------ amounts in words
def is_known(option: Option) -> bool:
    """Something of what it pays is published."""
    return option.complete or option.financed_at_least > 0


def financed(option: Option) -> str:
    """« 2 500 € », « au moins 2 500 € », « non publié », « non ouvert »."""
    if not is_known(option):
        return no_amount(option)
    return f"{'' if option.complete else 'au moins '}{euros(option.financed_at_least)}"


def remaining(option: Option) -> str:
    """« 300 € », « au plus 300 € », « non publié », « non ouvert »."""
    if not is_known(option):
        return no_amount(option)
    return f"{'' if option.complete else 'au plus '}{euros(option.remaining_at_most)}"


def no_amount(option: Option, line: Line | None = None) -> str:
    """Why an option, or one of its lines, has no amount: « non publié », « à préciser », « non ouvert »."""
    if option.eligibility == Eligibility.NO:
        return CLOSED
    return TO_TELL if (line or option).to_tell else UNPUBLISHED


def paid(option: Option, line: Line) -> str:
    """« 2 500 € », or why there is no amount."""
    return no_amount(option, line) if line.financed is None else euros(line.financed)


def people(count: int) -> str:
    """« une personne », « deux personnes », « 12 personnes »."""
    return f"{FEW[count] if count < len(FEW) else number(count)}{NBSP}personne{'s' if count > 1 else ''}"


def headline(project: Project) -> str:
    """« 2 800 € de formation pour deux personnes »."""
    total = sum(project.asked().values(), Decimal(0))
    return f"{euros(total)} de {NOUNS[project.action]} pour {people(project.trainees)}"


def costs(project: Project) -> str:
    """The costs beside the course fees: « 840 € de salaires et 300 € d’hébergement », "" without any."""
    return listed(
        [f"{euros(amount)} {COSTS[cost]}" for cost, amount in project.asked().items() if cost in COSTS]
    )


def verified(rules: Sequence[Rule]) -> str:
    """« vérifiés le 5 octobre 2026 », « vérifiés entre le 5 et le 6 octobre 2026 »; "" for rules without a date."""
    days = sorted({rule.verified_on for rule in rules if rule.verified_on})
    return f"vérifiés {_between(days[0], days[-1])}" if days else ""


def _between(first: date, last: date) -> str:
    return f"le {day(first)}" if first == last else f"entre le {day(first)} et le {day(last)}"


# ------------------------------------------------------------------------------------------------ options
@dataclass(frozen=True, slots=True)
class Source:
    """An amount of an option that one scheme pays, where it adds two of them up."""

    label: str
    amount: Decimal
    kind: str


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option with its place on the page; `is_first` marks the one to begin with."""

    option: Option
    anchor: str
    is_first: bool
    bar: tuple[Segment, ...]
    sources: tuple[Source, ...]

    @property
    def tag(self) -> str:
        return "alert" if self.is_exhausted else TAGS[self.option.eligibility]

    @property
    def is_exhausted(self) -> bool:
        return bool(self.option.funds and self.option.funds.status == "exhausted")

    @property
    def is_known(self) -> bool:
        return is_known(self.option)

    @property
    def financed(self) -> str:
        return financed(self.option)

    @property
    def remaining(self) -> str:
        return remaining(self.option)

    @property
    def lines(self) -> list[tuple[Line, str]]:
        """Each line with what it is paid, in words."""
        return [(line, paid(self.option, line)) for line in self.option.lines]

    @property
    def sure(self) -> str:
        """How sure the figures are, where there are some."""
        known = self.is_known and self.option.confidence
        return SURE[known] if known else ""

    @property
    def verified(self) -> str:
        return verified(self.option.rules)

    @property
    def reasons(self) -> tuple[str, ...]:
        return self._reasons[:REASONS_TOLD]

    @property
    def more_reasons(self) -> tuple[str, ...]:
        return self._reasons[REASONS_TOLD:]

    @property
    def _reasons(self) -> tuple[str, ...]:
        """But those that are told already: by the lines, or in the place of exhausted funds."""
        told = {line.explanation for line in self.option.lines}
        return () if self.is_exhausted else tuple(each for each in self.option.reasons if each not in told)


def shown_options(found: Estimate) -> tuple[ShownOption, ...]:
    """The options in their order, each with its bar."""
    by_code = {option.code: option for option in found.options}
    first = first_of(found)
    return tuple(
        ShownOption(
            option,
            f"option-{place}",
            option is first,
            _bar(option, by_code),
            _sources(option, by_code),
        )
        for place, option in enumerate(found.options, 1)
    )


def first_of(found: Estimate) -> Option | None:
    """The option to begin with: the best, unless it presumes what nobody told while others do as well."""
    best = found.best
    if best is None or not best.presumes:
        return best
    return best if len([each for each in found.options if each.complete]) == 1 else None


def _sources(option: Option, by_code: dict[str, Option]) -> tuple[Source, ...]:
    """What each of the schemes that an option adds up pays; one without any other needs no list."""
    first = by_code.get(option.combines[0]) if option.combines else None
    if first is None:
        return ()
    second = next((rule for rule in option.rules if rule.code == option.combines[1]), None)
    rest = option.financed_at_least - first.financed_at_least
    return (
        Source(first.scheme.label, first.financed_at_least, "paid"),
        Source(second.label if second else "", rest, "added"),
    )


def _bar(option: Option, by_code: dict[str, Option]) -> tuple[Segment, ...]:
    if not is_known(option):
        return bar([("unknown", Decimal(1))], Decimal(1))
    sources = _sources(option, by_code)
    paid = [(each.kind, each.amount) for each in sources] or [("paid", option.financed_at_least)]
    left = "left" if option.complete else "unknown"
    return bar([*paid, (left, option.remaining_at_most)], option.asked)


# ------------------------------------------------------------------------------------------------ why not
@dataclass(frozen=True, slots=True)
class Group:
    """Rules set aside for one reason."""

    reason: str
    labels: tuple[str, ...]


def rejections(found: Estimate) -> tuple[Group, ...]:
    """What was not applied, by reason."""
    labels: dict[str, list[str]] = defaultdict(list)
    for each in found.rejected:
        labels[each.reason].append(typeset(each.rule.label))
    return tuple(Group(reason, tuple(dict.fromkeys(names))) for reason, names in labels.items())
