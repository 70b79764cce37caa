"""What a decision would change for the public, told before anything is saved, and true once it is."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from branches.admin.decisions import effects, mark_of
from branches.evidence import reference
from branches.models import Activity, ActivityShare, Agreement, Attachment
from branches.preview import Preview, Turn, say, when
from opco_portal.corrections.edition import correcting

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
CERTAIN, DEDUCED = "AKTO (certain)", "Atlas (déduit)"


@pytest.fixture
def camille() -> User:
    return User.objects.create_user("camille")


def decision(opco="akto", first=date(2026, 1, 1), end=None, idcc="1486") -> Attachment:
    """A decision that is not saved; the table and the order give 1486 to Atlas."""
    return Attachment(
        agreement_id=idcc,
        opco_id=opco,
        source="manual",
        validity=DateRange(first, end),
        reason="arbitrage",
        source_url="https://example.org/",
    )


def saved(camille, **values) -> Attachment:
    row = decision(**values)
    with correcting(camille, reason="arbitrage"):
        row.save()
    return row


def turns(before, after, idcc="1486") -> list[tuple[date, str, str]]:
    return [
        (turn.on, turn.before, turn.after) for turn in effects(idcc, [before] if before else [], after).turns
    ]


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        (TODAY - DAY, None, [(TODAY, DEDUCED, CERTAIN)]),
        (TODAY, None, [(TODAY, DEDUCED, CERTAIN)]),
        (
            TODAY,
            TODAY + 9 * DAY,
            [(TODAY, DEDUCED, CERTAIN), (TODAY + 9 * DAY, DEDUCED, DEDUCED)],
        ),
        (
            TODAY + DAY,
            TODAY + 9 * DAY,
            [
                (TODAY, DEDUCED, DEDUCED),
                (TODAY + DAY, DEDUCED, CERTAIN),
                (TODAY + 9 * DAY, DEDUCED, DEDUCED),
            ],
        ),
        (TODAY - 9 * DAY, TODAY - DAY, [(TODAY, DEDUCED, DEDUCED)]),
    ],
)
def test_the_answer_is_told_for_today_and_for_each_day_on_which_it_turns(first, end, expected):
    assert turns(None, decision(first=first, end=end)) == expected


def test_ending_a_decision_gives_the_word_back_to_the_table(camille):
    row = saved(camille)
    assert turns(row, decision(end=TODAY)) == [(TODAY, CERTAIN, DEDUCED)]
    assert turns(row, decision(end=TODAY + DAY)) == [
        (TODAY, CERTAIN, CERTAIN),
        (TODAY + DAY, CERTAIN, DEDUCED),
    ]
    assert turns(row, None) == [(TODAY, CERTAIN, DEDUCED)]


def test_a_decision_for_what_is_read_already_still_makes_it_certain():
    assert turns(None, decision("atlas")) == [(TODAY, DEDUCED, "Atlas (certain)")]


@pytest.mark.parametrize("change", [{"opco": "akto"}, {"first": date(2025, 1, 1)}, {"end": None}])
def test_what_nobody_would_notice_is_said_to_change_nothing(camille, change):
    row = saved(camille)
    assert effects("1486", [row], decision(**change)).is_idle


def test_the_count_says_how_sure_the_table_is_and_of_when():
    said = effects("1486", [], decision()).counted.replace("\u202f", " ").replace("\u00a0", " ")
    assert said == "253 639 établissements déclarent ce code, dont plus de 99,9 % chez Atlas, en juin 2026."
    silent = Agreement.objects.filter(status="active", attachments=None).first()
    said = effects(silent.pk, [], decision(idcc=silent.pk))
    assert said.counted == "Aucun établissement de la table SIRET-OPCO ne déclare ce code."
    assert said.turns == [Turn(TODAY, "aucun OPCO", CERTAIN)]


def test_what_an_agreement_replaced_follows_it_unless_it_has_an_opco_of_its_own():
    for idcc, successor in (("9001", "1486"), ("9002", "9001"), ("9003", "1486")):
        Agreement.objects.create(pk=idcc, status="merged", successor_id=successor)
    Attachment.objects.create(
        agreement_id="9003", opco_id="afdas", source="siro", establishments=3, share=1, vintage="juin 2026"
    )
    assert {"9001", "9002"} <= {fact.idcc for fact in effects("1486", [], decision()).followers}
    assert "9003" not in {fact.idcc for fact in effects("1486", [], decision()).followers}
    assert not effects("1486", [], decision(first=date(2025, 1, 1), end=TODAY)).followers


def test_activities_whose_first_opco_changes_are_counted():
    codes = list(Activity.objects.order_by("code").values_list("pk", flat=True)[:3])
    for code, idcc, share in (
        (codes[0], "1486", 90),
        (codes[1], "2596", 90),
        (codes[2], "1486", 60),
        (codes[2], "2596", 40),
    ):
        ActivityShare.objects.create(activity_id=code, agreement_id=idcc, share=share / 100, employees=1000)
    assert effects("1486", [], decision()).activities == 2
    assert effects("1486", [], decision("atlas")).activities == 0


SAMPLE = ["1486", "1979", "0843", "3203", "1618", "5531", "2596", "0025", "0057", "0172", "0014"]


@pytest.mark.parametrize("opco", ["akto", "afdas", "opco-ep"])
@pytest.mark.parametrize("idcc", SAMPLE)
def test_what_was_foretold_is_what_is_read_once_saved(camille, idcc, opco):
    first, end = TODAY + 3 * DAY, TODAY + 30 * DAY
    foretold = effects(idcc, [], decision(opco, first, end, idcc))
    others = {fact.idcc: say(reference(), fact.idcc, first) for fact in reference().agreements.values()}
    for turn in foretold.turns:
        assert say(reference(), idcc, turn.on) == turn.before
    saved(camille, opco=opco, first=first, end=end, idcc=idcc)
    assert [turn.on for turn in foretold.turns] == [TODAY, first, end]
    for turn in foretold.turns:
        assert say(reference(), idcc, turn.on) == turn.after
    changed = {fact for fact, said in others.items() if say(reference(), fact, first) != said}
    assert changed == {idcc, *(fact.idcc for fact in foretold.followers)}


def test_another_preview_has_another_mark(camille):
    shown = effects("1486", [], decision())
    assert mark_of(shown) == mark_of(effects("1486", [], decision()))
    others = [
        effects("1486", [], decision("afdas")),
        effects("1486", [], decision(first=TODAY + DAY)),
        effects("1486", [], decision(end=TODAY + DAY)),
        Preview("1979", shown.counted, shown.turns, shown.followers, shown.activities),
        Preview("1486", shown.counted, shown.turns, [reference().agreements["0025"]], shown.activities),
    ]
    assert len({mark_of(each) for each in (shown, *others)}) == 6


def test_days_are_told_as_people_say_them():
    assert when(Turn(date(2026, 12, 1), "", ""), date(2026, 12, 1)) == "Aujourd’hui"
    later = when(Turn(date(2027, 1, 1), "", ""), date(2026, 12, 1))
    assert later.replace("\u00a0", " ") == "À partir du 1er janvier 2027"
