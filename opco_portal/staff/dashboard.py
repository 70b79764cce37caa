"""The first page of the administration: what waits for somebody, told by the apps that know.

An app writes functions marked with `@card(Model, order=…)` in its module `cards`, which is found by itself. A card is
made only for who may view the list of its model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from opco_portal.french import number
from opco_portal.staff.lists import may_view

Row = TypeVar("Row", bound=Model)
Tone = Literal["ok", "attention", "alert"]
EXAMPLES = 5  # rows that a card shows
URGENCY: Sequence[Tone] = ("alert", "attention", "ok")


@dataclass(frozen=True)
class Example:
    """One of the rows that a card is about; `detail` says the figure or the fact that matters of it."""

    text: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Card:
    """Something to look at: a figure or a word of state, what it means and what to do, where the rows are.

    `fine` is how it is told, in a few words, when there is nothing to do; a card of tone "ok" is told so.
    """

    title: str
    sentence: str
    url: str
    figure: str = ""
    link: str = "Voir la liste"
    tone: Tone = "attention"
    examples: Sequence[Example] = ()
    fine: str = ""


@dataclass(frozen=True)
class Board:
    """The cards that call for somebody, the most urgent first, and those that do not."""

    waiting: Sequence[Card]
    fine: Sequence[Card]


Maker = Callable[[HttpRequest], Card | None]


class _Registered(NamedTuple):
    order: int
    model: type[Model]
    make: Maker


_registered: list[_Registered] = []


def card(model: type[Model], *, order: int) -> Callable[[Maker], Maker]:
    """Register a function that makes a card about a list, or None; a small `order` comes first among equals."""

    def register(make: Maker) -> Maker:
        _registered.append(_Registered(order, model, make))
        return make

    return register


def board(request: HttpRequest) -> Board:
    """What the dashboard shows to an account."""
    ordered = sorted(_registered, key=lambda each: each.order)
    cards = [made for each in ordered if may_view(request, each.model) and (made := each.make(request))]
    cards.sort(key=lambda each: URGENCY.index(each.tone))  # stable: the order holds among equals
    return Board(
        [each for each in cards if each.tone != "ok"],
        [each for each in cards if each.tone == "ok"],
    )


def counted(total: int, card: Card) -> Card:
    """A card about so many rows; without any, there is nothing to do."""
    return replace(card, figure=number(total), tone=card.tone if total else "ok")


def sample(rows: QuerySet[Row]) -> tuple[int, list[Row]]:
    """How many rows there are, and the first of them; they are counted only where there are more than these."""
    first = list(rows[: EXAMPLES + 1])
    total = rows.count() if len(first) > EXAMPLES else len(first)
    return total, first[:EXAMPLES]
