"""The portal's own files: they load, every figure has its page, and the tables say what they say."""

import pytest
from django.utils import timezone
from msgspec import structs

from branches.models import Opco
from financing.calculator.terms import Basis, Scheme
from financing.models import Criteria, Envelope, FundsStatus, Rule
from financing.models.conversion import criteria_row, criteria_value, rule_row, rule_value
from financing.reference.files import FOLDER, read_all
from financing.reference.load import load
from financing.rulebook import rulebook
from opco_portal.sync.models import DataVersion


@pytest.fixture(scope="module")
def files():
    return read_all(today=timezone.localdate())


def test_there_is_a_file_for_each_opco_and_one_for_the_law(files):
    assert len(files) == len(list(FOLDER.glob("*.yaml"))) == 12
    assert [criteria.opco for criteria in files].count(None) == 1


def test_every_opco_publishes_something(files):
    assert min(len(criteria.rules) for criteria in files) >= 20
    assert sum(len(criteria.rules) for criteria in files) >= 700


def test_an_exhausted_budget_is_no_rule_without_amount(files):
    exhausted = {
        envelope.code
        for criteria in files
        for envelope in criteria.envelopes
        if any(funds.status == "exhausted" for funds in envelope.funds)
    }
    rules = [rule for criteria in files for rule in criteria.rules if rule.envelope in exhausted]
    assert exhausted
    assert all(rule.basis != Basis.EXCLUDED for rule in rules)


def test_a_rule_is_the_same_value_after_a_row(files):
    for criteria in files:
        for rule in criteria.rules:
            assert rule_value(rule_row(rule)) == rule


def test_criteria_are_the_same_value_after_a_row(files):
    for criteria in files:
        assert criteria_value(criteria_row(criteria)) == structs.replace(criteria, rules=(), envelopes=())


def test_every_field_of_a_rule_is_said_by_one(files):
    """Else the columns that are compared above and below could lose one without a word."""
    rules = [rule for criteria in files for rule in criteria.rules]
    assert unsaid(rules) == set()


def test_every_field_of_an_envelope_is_said_by_one(files):
    assert unsaid([envelope for criteria in files for envelope in criteria.envelopes]) == set()


def unsaid(values):
    """The fields that are left at their default everywhere."""
    return {
        field.name
        for field in structs.fields(values[0])
        if all(getattr(value, field.name) == field.default for value in values)
    }


@pytest.mark.django_db
class TestLoaded:
    def test_the_tables_say_what_the_files_say(self, files):
        assert Rule.objects.count() == sum(len(criteria.rules) for criteria in files)
        assert Envelope.objects.count() == sum(len(criteria.envelopes) for criteria in files)
        assert Criteria.objects.count() == 12
        assert not Rule.objects.exclude(origin="reference").exists()

    def test_every_rulebook_is_that_of_its_file(self, files):
        by_opco = {criteria.opco: criteria for criteria in files}
        for slug in Opco.objects.values_list("slug", flat=True):
            book = rulebook(slug)
            assert set(book.rules) == {*by_opco[slug].rules, *by_opco[None].rules}
            for envelope in by_opco[slug].envelopes:
                assert book.envelopes[envelope.code] == envelope

    def test_loading_again_changes_nothing(self, files):
        before = DataVersion.objects.get().number
        assert not load(files)
        assert DataVersion.objects.get().number == before

    def test_exhausted_funds_have_an_end_and_a_page(self):
        exhausted = FundsStatus.objects.filter(status="exhausted")
        assert exhausted.exists()
        assert not exhausted.filter(until=None).exists()

    def test_every_scheme_is_spoken_of(self):
        assert set(Rule.objects.values_list("scheme", flat=True)) == {scheme.value for scheme in Scheme}
