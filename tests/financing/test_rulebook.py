"""The calculator gets what the database holds that day, from memory."""

from datetime import date
from decimal import Decimal

import pytest

from branches.evidence import reference
from financing import rulebook as module
from financing.calculator import Rulebook
from financing.calculator.rules import Funds, Span
from financing.models import Criteria, Rule
from financing.reference.files import read_all
from financing.reference.load import load
from financing.rulebook import rulebook
from opco_portal.sync.models import DataVersion
from tests.financing.files import BASE, SECOND, replaced, write

pytestmark = pytest.mark.django_db

NATIONAL = """\
verified_on: 2026-10-08
source: https://www.legifrance.gouv.fr/
references:
  - {code: smic, label: SMIC horaire brut, amount: 12.31, unit: hour, source: https://a.fr, since: 2026-06-01}
rules:
""" + SECOND.replace("atlas-course-50", "national-course")
FUNDS = "    funds:\n      - {status: exhausted, since: 2026-10-05, source: https://a.fr}\nrules:"


@pytest.fixture
def files(tmp_path):
    """What Atlas, AKTO and the law say, loaded."""
    write(tmp_path, text=replaced(BASE, ("rules:", FUNDS)))
    write(tmp_path, "akto", "opco: akto\nverified_on: 2026-10-05\nsource: https://www.akto.fr/\n")
    write(tmp_path, "national", NATIONAL)
    read = read_all(tmp_path)
    load(read)
    return {criteria.opco: criteria for criteria in read}


def test_an_opco_has_its_own_rules_then_those_of_the_law(files):
    book = rulebook("atlas")
    assert [rule.code for rule in book.rules] == ["atlas-course", "national-course"]
    assert [criteria.opco for criteria in book.criteria] == ["atlas", None]
    assert book.name == "Atlas"
    assert [rule.code for rule in rulebook("akto").rules] == ["national-course"]


def test_the_rules_are_those_of_the_files(files):
    book = rulebook("atlas")
    assert book.rules == (*files["atlas"].rules, *files[None].rules)
    assert book.envelopes == {"atlas-budget": files["atlas"].envelopes[0]}
    assert book.envelopes["atlas-budget"].funds == (
        Funds(status="exhausted", since=date(2026, 10, 5), source="https://a.fr"),
    )
    assert book.references["smic"].amount == Decimal("12.31")
    assert book.rules[0].headcount == Span(min=1, max=10)


@pytest.mark.parametrize("period", ["year", "action", None])
def test_a_budget_is_there_each_year_for_each_request_or_nobody_says_how_often(tmp_path, period):
    written = f"    amount: 2500\n    period: {period or 'null'}\n"
    write(tmp_path, text=replaced(BASE, ("    amount: 2500\n", written)))
    load(read_all(tmp_path))
    assert rulebook("atlas").envelopes["atlas-budget"].period == period


def test_an_opco_without_rules_of_its_own_has_those_of_the_law(files):
    assert [criteria.opco for criteria in rulebook("afdas").criteria] == [None]


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (
            lambda: Rule.objects.filter(code="atlas-course").update(tiers=[{"measure": "weeks"}]),
            "atlas-course",
        ),
        (
            lambda: Criteria.objects.filter(opco="atlas").update(payments=[{"circuit": "?"}]),
            "Critères d’Atlas",
        ),
    ],
    ids=["rule", "criteria"],
)
def test_a_row_of_which_nothing_can_be_made_is_left_out_and_told(files, caplog, broken, name):
    broken()
    assert len(rulebook("atlas").rules) + len(rulebook("atlas").criteria) == 3
    assert [rule.code for rule in rulebook("akto").rules] == ["national-course"]
    (told,) = caplog.records
    assert name in told.getMessage()
    assert told.exc_info


def test_no_opco_has_that_name(files):
    with pytest.raises(KeyError):
        rulebook("opcalia")


def test_every_opco_is_read_in_four_queries_then_served_from_memory(files, django_assert_num_queries):
    reference()
    with django_assert_num_queries(7):  # the data version, and again around the four tables
        assert isinstance(rulebook("atlas"), Rulebook)
    with django_assert_num_queries(1):
        rulebook("akto")
    version = DataVersion.objects.get().number
    with django_assert_num_queries(0):
        rulebook("akto", version)


def test_a_change_is_seen_at_the_next_question(files, tmp_path):
    assert rulebook("atlas").rules[0].rate == 40
    write(tmp_path, text=replaced(BASE, ("rate: 40", "rate: 45")))
    load(read_all(tmp_path))
    assert rulebook("atlas").rules[0].rate == 45


def test_a_load_while_rules_are_read_leaves_none_without_its_budget(files, tmp_path, monkeypatch):
    def read_late():
        monkeypatch.setattr("financing.rulebook._envelopes", read)
        renamed = BASE.replace("atlas-budget", "atlas-autre")
        write(tmp_path, text=renamed)
        load(read_all(tmp_path))
        return read()

    read = module._envelopes
    monkeypatch.setattr("financing.rulebook._envelopes", read_late)
    book = rulebook("atlas", DataVersion.objects.get().number)
    assert [rule.envelope for rule in book.rules] == ["atlas-autre", None]
    assert list(book.envelopes) == ["atlas-autre"]


def test_the_rules_of_a_day_can_be_asked_from_the_table(files):
    Rule.objects.filter(code="atlas-course").update(validity=(None, "2026-07-01"))
    own = Rule.objects.filter(opco="atlas")
    assert [rule.code for rule in own.in_force(date(2026, 6, 30))] == ["atlas-course"]
    assert not own.in_force(date(2026, 7, 1))
