"""The files are loaded whole, for nothing the second time, and what staff wrote is left."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from branches.reference.reader import InvalidReference
from financing.models import Criteria, Envelope, FundsStatus, Rule
from financing.models.rules import ONE_TERM, TERMS
from financing.reference.files import read_all
from financing.reference.load import load
from financing.reference.telling import told
from opco_portal.corrections.history import events_of
from opco_portal.french import plain
from opco_portal.sync.models import DataVersion
from tests.financing.files import BASE, SECOND, replaced, write

pytestmark = pytest.mark.django_db

FUNDS = """\
    funds:
      - status: exhausted
        since: 2026-10-05
        until: 2026-12-31
        source: https://www.opco-atlas.fr/criteres
rules:
"""
UNPUBLISHED = {"basis": "unpublished", "rate": None, "unit": ""}
EXHAUSTED = replaced(BASE, ("rules:\n", FUNDS))


@pytest.fixture(autouse=True)
def _nothing_loaded():
    """No rule at all: the files of a test are the only ones."""
    load([])


@pytest.fixture
def bring(tmp_path):
    """Load one file of that text; what was done."""

    def loaded(text=BASE, **options):
        write(tmp_path, text=text)
        return load(read_all(tmp_path), **options)

    return loaded


def lines(loaded):
    """What is told of a load, with plain spaces."""
    return [" ".join(line.split()) for line in told(loaded)]


def version():
    return DataVersion.objects.get().number


def test_everything_of_a_file_is_loaded(bring):
    bring(EXHAUSTED + SECOND)
    assert set(Rule.objects.values_list("code", "envelope")) == {
        ("atlas-course", "atlas-budget"),
        ("atlas-course-50", None),
    }
    assert Envelope.objects.get().opco_id == Criteria.objects.get().opco_id == "atlas"
    assert FundsStatus.objects.get().until == date(2026, 12, 31)
    assert not Rule.objects.exclude(origin="reference").exists()


def test_loading_again_changes_nothing(bring):
    assert bring(EXHAUSTED)
    before = version()
    assert not bring(EXHAUSTED)
    assert version() == before


def test_a_change_is_told_to_every_process(bring):
    bring()
    before = version()
    bring(replaced(BASE, ("rate: 40", "rate: 45")))
    assert version() == before + 1


def test_a_dry_run_tells_and_writes_nothing(bring):
    bring()
    before = version()
    assert "~ atlas-course : Cours des bureaux d’études" in lines(
        bring(replaced(BASE, ("rate: 40", "rate: 45")), dry_run=True)
    )
    assert Rule.objects.get().rate == 40
    assert version() == before


def test_the_history_says_that_the_files_changed_it(bring):
    bring()
    assert events_of(Rule).last().pgh_context.metadata == {"load": "financing"}


def test_what_changes_is_told_field_by_field(bring):
    bring(EXHAUSTED)
    changed = replaced(
        EXHAUSTED,
        ("rate: 40", "rate: 45.5"),
        ("2500", "3000"),
        ("max: 10}", "max: 49}"),
        ("hourly", "daily"),
        ("unit: hour", "unit: day"),
        ("2026-10-05", "2026-10-06"),
    )
    assert lines(bring(changed)) == [
        "~ Critères d’Atlas",
        "Vérifié le",
        "~ atlas-course : Cours des bureaux d’études",
        "Effectif : moins de 11 salariés → moins de 50 salariés",
        "Calcul : par heure → par jour",
        "Taux : 40 € → 45,50 €",
        "Unité : heure → jour",
        "Vérifié le : 5 octobre 2026 → 6 octobre 2026",
        "~ atlas-budget : Budget annuel",
        "Montant : 2 500 € → 3 000 €",
        "Critères de financement : 1 modification",
        "Règles : 1 modification",
        "États des fonds : rien de changé",
        "Enveloppes : 1 modification",
    ]


def test_what_comes_and_what_goes_is_told_with_its_days(bring):
    bring(BASE + SECOND)
    since = "    since: 2026-07-01\n"
    assert lines(bring(BASE + since)) == [
        "+ atlas-course : Cours des bureaux d’études (depuis le 1er juillet 2026)",
        "- atlas-course : Cours des bureaux d’études",
        "- atlas-course-50 : Cours des plus grands",
        "Critères de financement : rien de changé",
        "Règles : 1 ajout, 2 retraits",
        "États des fonds : rien de changé",
        "Enveloppes : rien de changé",
    ]


def test_a_version_may_end_where_the_next_begins(bring):
    bring()
    ended = BASE + "    until: 2026-12-31\n"
    next_one = SECOND.replace("atlas-course-50", "atlas-course") + "    since: 2027-01-01\n"
    bring(ended + next_one)
    assert Rule.objects.in_force(date(2026, 12, 31)).get().rate == 40
    assert Rule.objects.in_force(date(2027, 1, 1)).get().percent == 50


def test_a_budget_that_leaves_goes_with_its_rules(bring):
    bring(EXHAUSTED + SECOND)
    without = BASE[: BASE.index("envelopes:")] + "rules:\n" + SECOND
    bring(without)
    assert not Envelope.objects.exists()
    assert not FundsStatus.objects.exists()


# ------------------------------------------------------------------------------------------------ staff
def by_staff(row, **changes):
    type(row).objects.filter(pk=row.pk).update(origin="manual", **changes)


def test_a_rule_that_staff_changed_is_left_and_told(bring):
    bring()
    by_staff(Rule.objects.get(), rate=42)
    loaded = bring(replaced(BASE, ("rate: 40", "rate: 45")))
    assert lines(loaded)[:2] == [
        "! la règle atlas-course a été modifiée par l’équipe : laissée telle quelle",
        "Taux : 42 € → 45 €",
    ]
    assert not loaded
    assert Rule.objects.get().rate == 42


def test_a_rule_that_staff_changed_to_what_the_files_say_is_no_conflict(bring):
    bring()
    by_staff(Rule.objects.get(), rate=45)
    assert not any(line.startswith("!") for line in lines(bring(replaced(BASE, ("rate: 40", "rate: 45")))))


def test_every_version_of_a_rule_that_staff_changed_is_left(bring):
    bring(BASE + "    until: 2026-06-30\n")
    by_staff(Rule.objects.get(), validity=(None, "2027-01-01"))
    second = SECOND.replace("atlas-course-50", "atlas-course") + "    since: 2026-07-01\n"
    assert lines(bring(BASE + "    until: 2026-06-30\n" + second))[:3] == [
        "! la règle atlas-course a été modifiée par l’équipe : laissée telle quelle",
        "Période : jusqu’au 31 décembre 2026 → jusqu’au 30 juin 2026",
        "dans les fichiers seulement : depuis le 1er juillet 2026",
    ]
    assert Rule.objects.count() == 1


def test_a_rule_of_staff_stays_when_the_files_do_not_have_it(bring):
    bring(BASE + SECOND)
    by_staff(Rule.objects.get(code="atlas-course-50"))
    bring()
    assert Rule.objects.count() == 2


def test_a_budget_that_a_rule_of_staff_is_paid_from_stays(bring):
    bring(BASE + SECOND)
    by_staff(Rule.objects.get(code="atlas-course"))
    loaded = bring(BASE[: BASE.index("envelopes:")] + "rules:\n" + SECOND)
    assert "! l’enveloppe atlas-budget n’est plus dans les fichiers : gardée, l’équipe s’en sert" in lines(
        loaded
    )
    assert Envelope.objects.filter(pk="atlas-budget").exists()


def test_funds_that_staff_marked_are_left(bring):
    bring(EXHAUSTED)
    by_staff(FundsStatus.objects.get(), until=None)
    loaded = bring(EXHAUSTED)
    assert lines(loaded)[:2] == [
        "! les fonds de l’enveloppe atlas-budget ont été saisis par l’équipe : laissés tels quels",
        "Jusqu’au : – → 31 décembre 2026",
    ]
    assert FundsStatus.objects.get().until is None


def test_a_budget_that_staff_changed_is_left(bring):
    bring()
    by_staff(Envelope.objects.get(), amount=9000)
    bring(replaced(BASE, ("2500", "3000")))
    assert Envelope.objects.get().amount == 9000


# ------------------------------------------------------------------------------------------------ refusals
def test_postgresql_refuses_two_versions_of_one_day(bring):
    bring()
    rule = Rule.objects.get()
    rule.pk, rule.validity = None, (date(2027, 1, 1), None)
    with pytest.raises(IntegrityError, match="rule_versions_do_not_overlap"), transaction.atomic():
        rule.save()


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"unit": ""}, "rule_rate_has_a_unit"),
        ({"unit": "day"}, "rule_unit_fits_its_basis"),
        ({"rate": None}, "rule_has_a_rate"),
        ({"rate": 0}, "rule_rate_is_positive"),
        ({"rate_max": 30}, "rule_range_goes_up"),
        ({"percent": 101}, "rule_percent_is_a_percentage"),
        ({"basis": "excluded"}, "rule_without_amount_has_none"),
        ({"source_url": "http://a.fr"}, "rule_has_a_source"),
        ({"headcount": "empty"}, "rule_headcount_is_not_empty"),
        ({"validity": "empty"}, "rule_is_valid_one_day"),
        *(({name: "autre"}, f"rule_{name}_is_a_term") for name in ONE_TERM),
        ({"territory": "autre"}, "rule_territory_is_a_term"),
        ({"unit": "autre", "basis": "flat"}, "rule_unit_is_a_term"),
        *(({name: ["autre"]}, f"rule_{name}_are_terms") for name in TERMS),
        ({"headcount": (-1, 10)}, "rule_headcount_is_not_negative"),
        ({"duration": (Decimal("-0.5"), None)}, "rule_duration_is_not_negative"),
        ({"group": (-3, None)}, "rule_group_is_not_negative"),
        ({"excluded_idccs": ["2216", "1486"]}, "rule_excludes_none_of_its_branches"),
        ({"alone": False}, "rule_adds_to_something"),
        (UNPUBLISHED | {"ceilings": [{"amount": "900", "per": "person"}]}, "rule_without_amount_has_none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_postgresql_refuses_a_rule_that_the_calculator_cannot_use(bring, changes, constraint):
    bring()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Rule.objects.update(**changes)


@pytest.mark.parametrize(
    ("model", "changes", "constraint"),
    [
        (Envelope, {"period": "month"}, "envelope_period_is_a_term"),
        (Envelope, {"origin": "autre"}, "envelope_origin_is_a_term"),
        (Envelope, {"amount": 0}, "envelope_amount_is_positive"),
        (Envelope, {"source_url": ""}, "envelope_has_a_source"),
        (FundsStatus, {"status": "autre"}, "funds_status_status_is_a_term"),
        (FundsStatus, {"origin": "autre"}, "funds_status_origin_is_a_term"),
        (FundsStatus, {"until": date(2026, 1, 1)}, "funds_period_goes_forward"),
        (FundsStatus, {"source_url": "http://a.fr"}, "funds_status_has_a_source"),
        (Criteria, {"source_url": "http://a.fr"}, "criteria_has_a_source"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_postgresql_refuses_what_is_not_known_or_not_sourced(bring, model, changes, constraint):
    bring(EXHAUSTED)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**changes)


def test_postgresql_takes_what_nothing_bounds(bring):
    bring(EXHAUSTED)
    nothing = {"headcount": None, "duration": None, "group": None, "unit": "hour", "territory": ""}
    Rule.objects.update(**nothing, alone=False, complements=["conventional"], kinds=["trade", "sales"])
    Rule.objects.update(headcount=(None, 10), duration=(0, None), group=(1, None))
    Envelope.objects.update(period="")


def test_postgresql_refuses_two_states_of_the_funds_of_one_day(bring):
    bring(EXHAUSTED)
    status = FundsStatus.objects.get()
    status.pk, status.since = None, status.until
    with pytest.raises(IntegrityError, match="funds_periods_do_not_overlap"), transaction.atomic():
        status.save()


def test_opcos_are_loaded_first(bring, monkeypatch):
    monkeypatch.setattr("financing.reference.load.Opco.objects.values_list", lambda *names, **flat: [])
    with pytest.raises(InvalidReference, match=r"La base n’a pas atlas\W: .*load_reference"):
        bring()


# ------------------------------------------------------------------------------------------------ the command
@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run the command on one file of that text; what it prints, accents apart."""

    def output(text=BASE, *options):
        write(tmp_path, text=text)
        monkeypatch.setattr(
            "financing.management.commands.load_financing.read_all", partial(read_all, tmp_path)
        )
        call_command("load_financing", *options)
        return plain(capsys.readouterr().out)

    return output


def test_the_command_says_what_it_does(run):
    assert "essai : rien n'a ete ecrit." in run(BASE, "--dry-run")
    assert not Rule.objects.exists()
    assert "+ atlas-course" in run()
    assert "deja a jour" in run()
    assert run(BASE, "--verbosity=0") == ""


def test_the_command_refuses_wrong_files(run):
    with pytest.raises(CommandError, match=r"rien n’a été modifié.*\natlas\.yaml, ligne 17 : rate"):
        run(replaced(BASE, ("rate: 40", "rate: x")))


def test_a_dry_run_knows_the_day(run):
    to_come = replaced(BASE, ("2026-10-05", "2999-12-31"))
    with pytest.raises(CommandError, match="verified_on « 2999-12-31 »"):
        run(to_come, "--dry-run")
    assert "+ atlas-course" in run(to_come)  # the clock of a server may be late
