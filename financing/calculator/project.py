"""What a company wants to have financed."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from financing.calculator.terms import ASKED, Action, Cost, Kind, Modality, Place, Territory

CENT = Decimal("0.01")
HOURS_A_DAY = Decimal(7)  # where only hours or only days are given; said in the messages


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One training action. Amounts are euros for the whole project, net of VAT; None is "not told".

    `nights`, `meal_count` and `kilometres` are those of all trainees together, `months` those of one contract.
    `already_used` is what the company has spent this year of the budget that a rule is paid from.
    """

    opco: str
    idcc: str | None = None
    headcount: int | None = None
    territory: Territory | None = None
    action: Action = Action.COURSE
    kind: Kind | None = None
    modality: Modality | None = None
    place: Place | None = None
    certification: str = ""
    trainees: int = 1
    hours: Decimal | None = None
    days: Decimal | None = None
    months: Decimal | None = None
    pedagogical: Decimal | None = None
    transport: Decimal | None = None
    lodging: Decimal | None = None
    meals: Decimal | None = None
    hourly_wage: Decimal | None = None
    nights: Decimal | None = None
    meal_count: Decimal | None = None
    kilometres: Decimal | None = None
    start: date | None = None
    already_used: Decimal = Decimal(0)

    @property
    def all_hours(self) -> Decimal | None:
        """Hours of training, from the days where only these are told."""
        if self.hours is None and self.days is not None:
            return self.days * HOURS_A_DAY
        return self.hours

    @property
    def all_days(self) -> Decimal | None:
        """Days of training, from the hours where only these are told."""
        if self.days is None and self.hours is not None:
            return self.hours / HOURS_A_DAY
        return self.days

    def asked(self) -> dict[Cost, Decimal]:
        """What is to be financed, cost by cost, in the order in which a budget is spent."""
        amounts = {
            Cost.PEDAGOGICAL: self.pedagogical,
            Cost.WAGES: self.wages,
            Cost.TRANSPORT: self.transport,
            Cost.LODGING: self.lodging,
            Cost.MEALS: self.meals,
        }
        return {cost: cents(amount) for cost in ASKED if (amount := amounts[cost])}

    @property
    def wages(self) -> Decimal | None:
        """The wages paid during the training."""
        if self.hourly_wage is None or self.all_hours is None:
            return None
        return self.hourly_wage * self.all_hours * self.trainees
