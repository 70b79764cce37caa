"""What the SIRET-OPCO table contradicts, on plain values."""

from datetime import date
from decimal import Decimal

import pytest

from branches.lookup import AgreementFact, AttachmentFact
from branches.lookup.contradictions import contradictions

TODAY = date(2026, 11, 24)
ATLAS, AKTO = ("atlas", 95), ("akto", 5)


def counted(*pairs):
    total = sum(count for _, count in pairs)
    return [AttachmentFact(opco, "siro", count, Decimal(count) / total) for opco, count in pairs]


def manual(opco, first=date(2026, 1, 1), end=None):
    return AttachmentFact(opco, "manual", valid_from=first, valid_to=end, reason="arbitrage")


def approval(opco, on=date(2019, 3, 29)):
    return AttachmentFact(opco, "approval", document_date=on)


def listed(opco):
    return AttachmentFact(opco, "list", url="https://example.org/")


def found(*facts, lost=None):
    """Kind, ours and theirs of each contradiction of one agreement; `lost`: who had the majority once."""
    agreement = AgreementFact("1486", "Bureaux d’études", "active", None, tuple(facts))
    rows = contradictions([agreement], {"1486": lost} if lost else {}, TODAY)
    return [(row.kind, row.ours, row.theirs) for row in rows]


SPLIT = counted(("atlas", 85), ("akto", 15))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], []),
        ([manual("akto")], []),  # without a row of the table there is nothing to contradict
        ([*counted(ATLAS, AKTO)], []),
        ([*counted(ATLAS, AKTO), manual("atlas")], []),
        ([*counted(ATLAS, AKTO), manual("akto")], [("manual", "akto", "atlas")]),
        ([*SPLIT, manual("akto")], [("manual", "akto", "atlas")]),
        ([*SPLIT, manual("atlas")], []),
        ([*counted(ATLAS, AKTO), approval("atlas")], []),
        ([*counted(ATLAS, AKTO), approval("akto")], [("approval", "akto", "atlas")]),
        # an order that shares the agreement is not contradicted by either of its OPCOs
        ([*counted(ATLAS, AKTO), approval("akto"), approval("atlas")], []),
        # of several orders the latest speaks
        (
            [*counted(ATLAS), approval("akto"), approval("afdas", date(2022, 1, 1))],
            [("approval", "afdas", "atlas")],
        ),
        # lists are hints, not decisions
        ([*counted(ATLAS), listed("akto")], []),
        # a decision is looked at in the place of the order that it settles
        ([*counted(ATLAS), approval("akto"), manual("akto")], [("manual", "akto", "atlas")]),
        ([*counted(ATLAS), approval("akto"), manual("atlas")], []),
    ],
)
def test_what_the_opco_counted_most_contradicts(facts, expected):
    assert found(*facts) == expected


@pytest.mark.parametrize(
    ("decision", "is_looked_at"),
    [
        (manual("akto", end=date(2026, 11, 24)), False),  # yesterday was its last day
        (manual("akto", end=date(2026, 11, 25)), True),
        (manual("akto", first=date(2027, 1, 1)), True),  # to come
    ],
)
def test_decisions_that_are_over_contradict_nothing(decision, is_looked_at):
    assert bool(found(*counted(ATLAS), decision)) == is_looked_at


def test_an_order_that_a_past_decision_settled_is_open_again():
    over = manual("akto", end=date(2026, 11, 24))
    assert found(*counted(ATLAS), approval("akto"), over) == [("approval", "akto", "atlas")]


@pytest.mark.parametrize(
    ("facts", "lost", "expected"),
    [
        (SPLIT, "atlas", [("majority", "atlas", "atlas")]),
        (SPLIT, "akto", [("majority", "akto", "atlas")]),
        (counted(("atlas", 90), ("akto", 10)), "atlas", []),  # nine tenths are a majority
        (
            counted(("atlas", 90), ("akto", 10)),
            "akto",
            [("majority", "akto", "atlas")],
        ),  # it has changed hands
        ([*SPLIT, manual("atlas")], "atlas", [("manual", "atlas", "atlas")]),
        ([*SPLIT, approval("atlas")], "atlas", [("majority", "atlas", "atlas")]),
        (
            [*SPLIT, approval("akto")],
            "atlas",
            [("approval", "akto", "atlas"), ("majority", "atlas", "atlas")],
        ),
        ([*SPLIT, approval("akto")], "akto", [("approval", "akto", "atlas")]),  # one for each pair
    ],
)
def test_a_majority_that_was_lost(facts, lost, expected):
    assert found(*facts, lost=lost) == expected


def test_decisions_for_one_opco_are_one_contradiction():
    earlier, later = manual("akto", end=date(2027, 1, 1)), manual("akto", first=date(2027, 6, 1))
    assert found(*counted(ATLAS), earlier, later) == [("manual", "akto", "atlas")]


def test_the_table_says_how_many_and_how_sure_it_is():
    agreement = AgreementFact("1486", "", "active", None, (*counted(ATLAS, AKTO), manual("akto")))
    (row,) = contradictions([agreement], {}, TODAY)
    assert (row.share, row.establishments, row.key) == (Decimal("0.95"), 100, ("1486", "akto", "atlas"))
    assert row.decision == manual("akto")
