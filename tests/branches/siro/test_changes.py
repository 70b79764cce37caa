"""The report of a vintage, from counted pairs alone."""

import pytest

from branches.sources.siro.changes import Claims, Moves, leaders, report

TITLES = {"1486": "Bureaux d’études", "0016": "Transports"}


def made(before, after, claims=None, moves=Moves()):  # noqa: B008 -- frozen
    return report(before, after, moves, claims or Claims(), TITLES, sum(after.values()))


def rows(told, code):
    return next((table.rows for table in told.tables if table.code == code), [])


def test_attachments_are_told_apart_with_their_counts():
    before = {("1486", "atlas"): 100, ("1486", "akto"): 2, ("0016", "ocapiat"): 3}
    after = {("1486", "atlas"): 90, ("1486", "akto"): 2, ("1486", "afdas"): 1}
    told = made(before, after)
    assert rows(told, "attachments_new") == [("1486", "Bureaux d’études", "afdas", None, 1)]
    assert rows(told, "attachments_vanished") == [("0016", "Transports", "ocapiat", 3, None)]
    assert rows(told, "attachments_changed") == [("1486", "Bureaux d’études", "atlas", 100, 90)]


def test_the_largest_difference_comes_first():
    before = {("1486", "atlas"): 100, ("0016", "ocapiat"): 50}
    told = made(before, {("1486", "atlas"): 99, ("0016", "ocapiat"): 10})
    assert [row[0] for row in rows(told, "attachments_changed")] == ["0016", "1486"]


@pytest.mark.parametrize(
    ("before", "after", "crosses"),
    [
        ((90, 10), (89, 11), True),
        ((89, 11), (90, 10), True),
        ((95, 5), (90, 10), False),
        ((50, 50), (60, 40), False),
        ((95, 5), (5, 95), True),
    ],
    ids=["lost", "won", "kept", "never had", "handed over"],
)
def test_crossing_the_line_of_ninety_percent(before, after, crosses):
    def pairs(counts):
        return dict(zip([("1486", "atlas"), ("1486", "akto")], counts, strict=True))

    assert bool(rows(made(pairs(before), pairs(after)), "majority")) == crosses


def test_the_shares_of_a_crossing_are_those_of_the_opcos_they_stand_beside():
    before = {("1486", "atlas"): 100}
    after = {("1486", "atlas"): 50, ("1486", "akto"): 50}
    assert rows(made(before, after), "majority") == [("1486", "Bureaux d’études", "atlas", 1.0, "akto", 0.5)]


def test_an_agreement_that_goes_over_whole_says_from_whom_to_whom():
    told = made({("1486", "atlas"): 100}, {("1486", "akto"): 100})
    assert rows(told, "majority") == [("1486", "Bureaux d’études", "atlas", 1.0, "akto", 1.0)]


def test_a_contradicted_decision_comes_before_an_order_and_news_before_what_was_known():
    before = {("0016", "ocapiat"): 10, ("1486", "akto"): 10}
    after = {("0016", "ocapiat"): 10, ("1486", "atlas"): 10}
    claims = Claims(
        manual={"0016": frozenset({"afdas"})},
        approval={"0016": frozenset({"afdas"}), "1486": frozenset({"akto"})},
    )
    told = made(before, after, claims)
    assert [(row[0], row[4], row[6]) for row in rows(told, "disagreements")] == [
        ("0016", "décision du portail", "déjà connu"),
        ("1486", "arrêté d’agrément", "nouveau"),
        ("0016", "arrêté d’agrément", "déjà connu"),
    ]
    assert (
        told.headline[-1]
        == "3\u00a0désaccords avec une décision du portail ou un arrêté, dont 1\u00a0nouveau."
    )


def test_an_order_that_shares_an_agreement_is_not_contradicted_by_one_of_its_opcos():
    claims = Claims(approval={"1486": frozenset({"atlas", "akto"})})
    assert not rows(made({}, {("1486", "atlas"): 10}, claims), "disagreements")


def test_nothing_new_is_said_as_such():
    pairs = {("1486", "atlas"): 10}
    told = made(pairs, pairs)
    assert told.as_json()["tables"] == []
    assert told.headline[0] == "Aucun établissement ne change d’OPCO, n’apparaît ni ne disparaît."
    assert "gardent toutes leurs rattachements" in told.headline[1]


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        (Moves(appeared=2), "2\u00a0établissements apparaissent."),
        (
            Moves(vanished=1, moved={("atlas", "akto"): 3}),
            "3\u00a0établissements changent d’OPCO, 1\u00a0disparaît.",
        ),
    ],
)
def test_what_did_not_happen_is_not_told(moves, said):
    assert report({}, {}, moves, Claims(), {}, 3).headline[0] == said


def test_passages_come_first_and_say_how_many_establishments_they_are():
    moves = Moves(moved={("atlas", "akto"): 200, ("akto", "atlas"): 50})
    first = report({}, {("1486", "akto"): 3}, moves, Claims(), {}, 3).tables[0]
    assert (first.code, len(first.rows)) == ("moves", 2)
    assert "250\u00a0établissements" in first.intro


def test_the_leader_is_the_opco_with_most_establishments():
    shares = leaders({("1486", "atlas"): 2, ("1486", "akto"): 1})
    assert shares["1486"][0] == "atlas"
    assert float(shares["1486"][1]) == 0.666666  # rounded down: only the whole is 1
