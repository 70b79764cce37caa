"""Rules as financing editors correct them, follow them with new versions, end them and verify them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from financing.calculator.rules import Span
from financing.models import Rule
from financing.models.conversion import bounds, period
from financing.reference.files import read_all
from financing.reference.load import load
from financing.rulebook import rulebook
from opco_portal.corrections.history import history_of
from opco_portal.corrections.models import Correction
from opco_portal.sync.models import DataVersion
from tests.financing.staff import SOURCE, address, confirmed, envelope, opened, rule, said
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
LIST = "/admin/financing/rule/?q=techniques"
NEXT_YEAR = date(TODAY.year + 1, 1, 1)
NEW_SOURCE = "https://example.org/criteres-suivants"


@pytest.fixture
def camille() -> User:
    return account("financer", "camille")


@pytest.fixture
def staff(camille) -> Client:
    return client_of(camille)


@pytest.fixture
def colleague() -> Client:
    return client_of(account("financer", "dominique"))


def save(client, row, **typed):
    return client.post(address(row), opened(client, address(row)) | typed, follow=True)


def title():
    return " ".join(Correction.objects.latest("pk").title.split())


# ------------------------------------------------------------------------------------------------------------- list
def test_a_list_reads_at_a_glance(staff):
    rule(envelope=envelope(), headcount=bounds(Span(min=11, max=49)))
    text = said(staff.get("/admin/financing/rule/?q=essai"))
    for seen in (
        "Bureaux d’études : techniques d’essai essai",
        "Atlas Plan de développement des compétences",
        "1486 Bureaux d’études",
        "11 à 49 salariés",
        "25 €/h par personne, 2 500 € par an et par entreprise au plus Coûts pédagogiques",
        "Depuis le 1er janvier 2026 en vigueur",
        "5 octobre 2026 Publié",
    ):
        assert seen in text


def test_a_list_asks_the_database_as_much_for_one_rule_as_for_fifty(staff, django_assert_max_num_queries):
    rule("essai-0")
    staff.get(LIST)  # what a process keeps is read
    with CaptureQueriesContext(connection) as one:
        staff.get(LIST)
    for number in range(1, 50):
        rule(f"essai-{number}")
    with django_assert_max_num_queries(len(one)):
        assert len(staff.get(LIST).context["cl"].result_list) == 50


def found(staff, query):
    return {row.code for row in staff.get(f"/admin/financing/rule/?{query}").context["cl"].result_list}


@pytest.mark.parametrize("text", ["essai", "TECHNIQUES", "techniques essai", "1486 essai", "atlas d'essai"])
def test_a_rule_is_found_by_code_words_opco_and_idcc(staff, text):
    rule()
    assert "essai" in found(staff, f"q={text}")


@pytest.mark.parametrize(
    ("days", "where"),
    [
        ((-9, None), "en-vigueur"),
        ((-9, -1), "terminees"),
        ((9, None), "a-venir"),
        ((None, None), "en-vigueur"),
    ],
)
def test_rules_are_told_apart_by_whether_they_apply(staff, days, where):
    first, last = (None if each is None else TODAY + each * DAY for each in days)
    rule(validity=period(first, last))
    for each in ("en-vigueur", "terminees", "a-venir"):
        assert ("essai" in found(staff, f"q=essai&application={each}")) == (each == where)


@pytest.mark.parametrize(
    ("ends_in", "followed", "waits"),
    [(12, False, True), (30, False, True), (31, False, False), (None, False, False), (12, True, False)],
)
def test_rules_that_end_within_thirty_days_wait_unless_a_version_follows(staff, ends_in, followed, waits):
    last = None if ends_in is None else TODAY + ends_in * DAY
    rule(validity=period(TODAY - DAY, last))
    if followed:
        rule(validity=period(last + DAY, None))
    assert ("essai" in found(staff, "a_traiter=fin-proche")) == waits


@pytest.mark.parametrize(("days", "waits"), [(184, True), (183, False)])
def test_figures_that_nobody_verified_for_six_months_wait(staff, days, waits):
    rule(verified_on=TODAY - days * DAY)
    assert ("essai" in found(staff, "a_traiter=chiffres-anciens")) == waits


# ------------------------------------------------------------------------------------------------------- corrections
def test_a_figure_is_corrected_with_its_reason_and_counts_at_once(staff, camille):
    row = rule()
    response = save(staff, row, rate="30,5", reason="Coquille de la page.")
    assert "Enregistré, et visible de tous dès maintenant" in said(response)
    row.refresh_from_db()
    assert (row.rate, row.origin) == (Decimal("30.5"), "manual")
    assert next(each for each in rulebook("atlas").rules if each.code == "essai").rate == Decimal("30.5")
    made = Correction.objects.get()
    assert (made.author, made.reason, made.source_url) == (camille, "Coquille de la page.", SOURCE)
    assert (
        title()
        == "Atlas, « Bureaux d’études : techniques d’essai » : 25 €/h par personne → 30,50 €/h par personne"
    )


@pytest.mark.parametrize(
    "code", ["atlas-pdc-1486-lt11", "opco-ep-pdc-0843-fabrication-lt11", "akto-pdc-epuise-0573"]
)
def test_saving_a_real_rule_that_nobody_changed_is_no_correction(staff, code):
    row = Rule.objects.filter(code=code).first() or Rule.objects.filter(code__startswith=code[:8]).first()
    response = save(staff, row)
    assert "Rien n’a changé" in said(response), said(response)
    assert not Correction.objects.exists()


def test_every_kind_of_field_is_filled_in_and_read_again(staff):
    row = rule(envelope=envelope())
    typed = {
        "validity_first": "2026-02-01",
        "validity_last": "2026-12-31",
        "idccs": "1486, 787 IDCC 2335",
        "headcount_min": "11",
        "headcount_max": "49",
        "duration_min": "3,5",
        "kinds": ["trade", "digital"],
        "ceilings_0_amount": "1 500",
        "ceilings_0_per": "person",
        "ceilings_0_period": "year",
        "requires": "Première condition\n\nSeconde condition",
    }
    response = save(staff, row, **typed)
    assert "Enregistré" in said(response), said(response)
    row.refresh_from_db()
    assert (row.since, row.until) == (date(2026, 2, 1), date(2026, 12, 31))
    assert row.idccs == ["1486", "0787", "2335"]
    assert (row.headcount.lower, row.headcount.upper) == (11, 50)
    assert (row.duration.lower, row.duration.upper) == (Decimal("3.5"), None)
    assert row.kinds == ["trade", "digital"]
    assert row.ceilings == [{"amount": "1500.0", "per": "person", "period": "year"}]
    assert row.requires == ["Première condition", "Seconde condition"]
    again = save(staff, row)
    assert "Rien n’a changé" in said(again), said(again)


def test_a_scale_by_steps_is_filled_in_row_by_row(staff):
    row = rule()
    steps = {
        "tiers_0_measure": "hours",
        "tiers_0_end": "14",
        "tiers_0_rate": "35",
        "tiers_1_measure": "hours",
        "tiers_1_start": "14",
        "tiers_1_rate": "20",
    }
    response = save(staff, row, rate="", unit="", **steps)
    assert "Enregistré" in said(response), said(response)
    assert "jusqu’à 14 h, 35 €/h" in said(staff.get(address(row)))


def test_a_step_at_zero_percent_and_a_scale_of_many_steps_are_kept(staff):
    steps = [
        {"measure": "euros", "start": str(1000 * place), "end": str(1000 * (place + 1)), "percent": "10"}
        for place in range(6)
    ]
    row = rule(basis="actual", rate=None, unit="", tiers=steps)
    response = save(
        staff, row, tiers_0_percent="0", tiers_6_measure="euros", tiers_6_start="6000", tiers_6_percent="5"
    )
    assert "Enregistré" in said(response), said(response)
    row.refresh_from_db()
    assert [float(each["percent"]) for each in row.tiers] == [0, 10, 10, 10, 10, 10, 5]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"reason": " "}, "sans motif, le changement n’est pas enregistré"),
        ({"idccs": "1486, 0001"}, "Aucune convention n’a cet IDCC : 0001."),
        ({"headcount_min": "50", "headcount_max": "11"}, "Le plus grand nombre est plus petit que l’autre."),
        ({"validity_last": "2025-12-31"}, "Le dernier jour est avant le premier."),
        ({"rate": ""}, "Ce calcul demande un taux ou des tranches"),
        ({"rate": "0"}, "Un nombre inconnu reste vide"),
        ({"unit": "day"}, "Un calcul par heure se compte en heures"),
        ({"percent": "120"}, "100 au plus."),
        ({"source_url": "http://example.org/"}, "Une règle demande l’adresse https"),
        ({"ceilings_0_amount": "500"}, "Ligne 1 : il manque quelque chose."),
        ({"tiers_0_measure": "hours", "tiers_0_end": "14"}, "une tranche de durée demande un taux"),
        (
            {"tiers_0_measure": "hours", "tiers_0_start": "9", "tiers_0_end": "7", "tiers_0_rate": "3"},
            "ne dépasse pas",
        ),
        ({"basis": "excluded"}, "Une règle qui ne paie rien"),
    ],
)
def test_what_cannot_be_is_said_in_french_and_nothing_is_saved(staff, typed, told):
    row = rule()
    response = save(staff, row, **typed)
    assert told in said(response), said(response)
    assert not Correction.objects.exists()
    form = response.context["adminform"].form
    for name, value in typed.items():
        if name in form.fields:
            assert form[name].value() == value


def test_whoever_saves_over_a_newer_version_is_told_and_loses_nothing(staff, colleague):
    row = rule(kinds=["trade"])
    mine = opened(staff, address(row)) | {"rate": "30"}
    save(colleague, row, headcount_max="10", kinds=["sales"], conditions="Hors permis")
    response = staff.post(address(row), mine)
    text = said(response)
    assert "dominique a modifié cette fiche" in text
    assert (
        "Natures de formation, « Métier, cœur d’activité » devenu « Vente, relation client, gestion »" in text
    )
    assert "Effectif, « – » devenu « moins de 11 salariés »" in text
    form = response.context["adminform"].form
    assert (form["rate"].value(), form["kinds"].value(), form["headcount"].value()) == (
        "30",
        ["sales"],
        [None, 10],
    )


def test_the_files_leave_what_staff_wrote(staff):
    row = Rule.objects.filter(origin="reference", basis="hourly").first()
    save(staff, row, rate="99")
    load(read_all())
    row.refresh_from_db()
    assert row.rate == 99


def test_a_version_of_before_comes_back(staff):
    row = rule()
    save(staff, row, rate="30")
    first = history_of(row)[-1]
    restore = address(row, "restore", first.number)
    assert "« 30 €/h par personne » devient « 25 €/h par personne »" in said(staff.get(restore))
    staff.post(restore, {"reason": "erreur", "read": history_of(row)[0].number})
    row.refresh_from_db()
    assert (row.rate, row.origin) == (25, "manual")


def test_a_new_rule_is_added_with_its_source(staff):
    typed = opened(staff, "/admin/financing/rule/add/") | {
        "code": "atlas-essai",
        "opco": "atlas",
        "scheme": "pdc",
        "label": "Essai",
        "cost": "pedagogical",
        "basis": "actual",
        "source_url": SOURCE,
        "verified_on": TODAY.isoformat(),
        "confidence": "exact",
        "validity_first": "2026-01-01",
    }
    response = staff.post("/admin/financing/rule/add/", typed, follow=True)
    assert "Enregistré" in said(response), said(response)
    assert Rule.objects.get(code="atlas-essai").origin == "manual"
    assert title() == "Atlas, « Essai » : nouvelle règle, coût réel, depuis le 1er janvier 2026"


def test_rules_that_nobody_could_choose_between_are_told(staff):
    row, warned = rule(), "Rien ne dirait laquelle choisir"
    assert warned not in said(staff.get(address(row)))
    rule("jumelle", rate=Decimal(30))
    assert (
        f"{warned} Dans les mêmes cas, Bureaux d’études : techniques d’essai paie « 30 €/h par personne »"
        in said(staff.get(address(row)))
    )
    Rule.objects.filter(code="jumelle").update(topic="Autre")
    assert warned not in said(staff.get(address(row)))


def test_a_rule_is_never_deleted(staff):
    assert staff.post(address(rule(), "delete"), {"post": "yes"}).status_code == 403


# ------------------------------------------------------------------------------------------------------- new versions
def version(staff, row, **typed):
    """A new version from next January, as typed."""
    first = {"validity_first": NEXT_YEAR.isoformat(), "source_url": NEW_SOURCE}
    return opened(staff, address(row, "new_version")) | first | typed


def test_a_new_version_starts_from_the_rule_and_from_tomorrow_or_from_the_day_after_its_end(staff):
    form = staff.get(address(rule(), "new_version")).context["form"]
    assert (form["rate"].value(), form["headcount"].value()) == ("25", None)
    assert not {"code", "opco", "scheme", "cost", "idccs"} & form.fields.keys()  # of every version
    assert (form.instance.since, form.instance.verified_on) == (TODAY + DAY, TODAY)
    ended = rule("autre", validity=period(None, date(2026, 12, 31)))
    assert staff.get(address(ended, "new_version")).context["form"].instance.since == date(2027, 1, 1)


def test_what_a_new_version_changes_is_read_before_anything_is_saved(staff):
    row, number = rule(), DataVersion.objects.get().number
    response = staff.post(address(row, "new_version"), version(staff, row, rate="30"))
    text = said(response)
    assert (
        f"à partir du 1er janvier {NEXT_YEAR.year} : « 25 €/h par personne » devient « 30 €/h par personne »"
        in text
    )
    changed = [line.differences for line in response.context["preview"].lines]
    assert [[each.label for each in line] for line in changed] == [
        ["Période"],
        ["Période", "Taux", "Source", "Vérifié le"],
    ]
    assert (Rule.objects.filter(code="essai").count(), Correction.objects.count()) == (1, 0)
    assert DataVersion.objects.get().number == number


def test_a_confirmed_version_begins_when_the_other_ends_in_one_correction(staff, camille):
    row = rule()
    response = confirmed(
        staff, address(row, "new_version"), version(staff, row, rate="30", reason="Critères 2027")
    )
    assert response.headers["Location"] == address(row)
    before, after = Rule.objects.filter(code="essai").order_by("validity")
    assert (after.idccs, after.scheme, after.cost, after.opco_id) == (["1486"], "pdc", "pedagogical", "atlas")
    assert (before.rate, before.until) == (25, NEXT_YEAR - DAY)
    assert (after.rate, after.since, after.until, after.origin) == (30, NEXT_YEAR, None, "manual")
    made = Correction.objects.get()
    assert (made.author, made.reason, made.source_url, made.size) == (camille, "Critères 2027", NEW_SOURCE, 2)
    assert [" ".join(each.split()) for each in made.headline] == [
        "Atlas, « Bureaux d’études : techniques d’essai » : 25 €/h par personne → 30 €/h par personne à partir du "
        f"1er janvier {NEXT_YEAR.year}",
        "Atlas, « Bureaux d’études : techniques d’essai » : s’applique du 1er janvier 2026 au 31 décembre "
        f"{TODAY.year} (depuis le 1er janvier 2026 auparavant)",
    ]
    assert "camille" not in staff.get("/donnees/changements/").content.decode().split("<main")[1]


def test_both_versions_are_on_the_page_of_each_and_undoing_brings_the_rule_back(staff):
    row = rule()
    confirmed(staff, address(row, "new_version"), version(staff, row, rate="30"))
    text = said(staff.get(address(row)))
    assert "Versions de cette règle" in text
    assert "30 €/h par personne" in text
    staff.post(f"/admin/corrections/correction/{Correction.objects.get().pk}/annuler/", {"reason": "erreur"})
    assert [(each.rate, each.until) for each in Rule.objects.filter(code="essai")] == [(25, None)]


def test_a_version_that_ends_already_keeps_its_end(staff):
    row = rule(validity=period(date(2026, 1, 1), NEXT_YEAR - DAY))
    confirmed(staff, address(row, "new_version"), version(staff, row, rate="30"))
    row.refresh_from_db()
    assert (row.until, row.origin) == (NEXT_YEAR - DAY, "reference")
    assert title().endswith(f"30 €/h par personne à partir du 1er janvier {NEXT_YEAR.year}")


def test_a_version_that_only_goes_on_says_so(staff):
    row = rule(validity=period(date(2026, 1, 1), NEXT_YEAR - DAY))
    confirmed(staff, address(row, "new_version"), version(staff, row))
    assert f"reconduite, 25 €/h par personne, à partir du 1er janvier {NEXT_YEAR.year}" in title()


def test_another_envelope_is_told_by_its_amount(staff):
    row = rule(basis="actual", rate=None, unit="", envelope=envelope())
    other = envelope("budget-suivant", amount=Decimal(3000))
    confirmed(staff, address(row, "new_version"), version(staff, row, envelope=other.pk))
    assert (
        Correction.objects.get()
        .headline[0]
        .replace("\u202f", " ")
        .replace("\u00a0", " ")
        .endswith(
            "2 500 € par an et par entreprise au plus → coût réel, 3 000 € par an et par entreprise au plus "
            f"à partir du 1er janvier {NEXT_YEAR.year}"
        )
    )


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"validity_first": ""}, "Écrivez le premier jour de la nouvelle version."),
        ({"validity_first": "2026-01-01"}, "la nouvelle commence plus tard"),
        ({"rate": ""}, "Ce calcul demande un taux ou des tranches"),
        ({"source_url": ""}, "Ce champ est obligatoire"),
        ({"reason": ""}, "sans motif"),
        ({"validity_last": "2026-12-01"}, "Le dernier jour est avant le premier."),
    ],
)
def test_a_version_that_cannot_be_is_refused_and_what_was_typed_is_kept(staff, typed, told):
    row = rule()
    response = staff.post(address(row, "new_version"), version(staff, row, rate="31") | typed)
    assert told in said(response), said(response)
    assert (response.context["preview"], Rule.objects.filter(code="essai").count()) == (None, 1)
    if "rate" not in typed:
        assert response.context["form"]["rate"].value() == "31"


def test_versions_of_the_same_days_are_refused(staff):
    row = rule(validity=period(date(2026, 1, 1), NEXT_YEAR - DAY))
    rule(validity=period(NEXT_YEAR + 9 * DAY, None), rate=40)
    response = staff.post(address(row, "new_version"), version(staff, row))
    assert "Une autre version de cette règle couvre déjà une partie de cette période" in said(response)


def test_what_is_confirmed_is_what_was_read(staff, colleague):
    row = rule()
    typed = version(staff, row, rate="30")
    mark = staff.post(address(row, "new_version"), typed).context["preview"].mark
    again = staff.post(address(row, "new_version"), typed | {"rate": "35", "confirm": mark})
    assert "ce n’est plus ce que vous aviez lu" in said(again)
    save(colleague, row, label="Autre libellé")
    late = staff.post(address(row, "new_version"), typed | {"confirm": mark})
    assert "dominique a modifié cette fiche" in said(late)
    assert Rule.objects.filter(code="essai").count() == 1


# --------------------------------------------------------------------------------------------------------------- end
def test_a_rule_is_ended_once_what_that_changes_was_read(staff):
    row, last = rule(), TODAY + 40 * DAY
    typed = {"version": "", "last": last.isoformat(), "source_url": NEW_SOURCE, "reason": "Fin du dispositif"}
    typed |= {"version": staff.get(address(row, "end")).context["version"]}
    shown = staff.post(address(row, "end"), typed)
    assert "« 25 €/h par personne » devient « aucune règle »" in said(shown)
    row.refresh_from_db()
    assert row.until is None
    confirmed(staff, address(row, "end"), typed)
    row.refresh_from_db()
    assert (row.until, row.origin) == (last, "manual")
    assert Correction.objects.get().source_url == NEW_SOURCE


def test_a_rule_does_not_end_before_it_begins(staff):
    row = rule()
    typed = opened(staff, address(row, "end")) | {"last": "2025-12-31", "source_url": NEW_SOURCE}
    assert "Elle commence le 1er janvier 2026" in said(staff.post(address(row, "end"), typed))


# ----------------------------------------------------------------------------------------------------------- verified
def test_figures_read_again_leave_the_queue_in_one_correction_and_stay_the_files_own(staff):
    rows = [rule(code, verified_on=TODAY - 200 * DAY) for code in ("un", "deux")]
    chosen = {"action": "mark_as_verified", "_selected_action": [row.pk for row in rows], "index": 0}
    asked = staff.post("/admin/financing/rule/", chosen)
    assert "2 règles à marquer comme vérifiées aujourd’hui" in said(asked)
    assert "25 €/h par personne" in said(asked)
    del chosen["index"]
    chosen["read"] = asked.context["read"]
    assert "sans motif" in said(staff.post("/admin/financing/rule/", chosen | {"reason": ""}))
    staff.post("/admin/financing/rule/", chosen | {"reason": "Relus sur le site"})
    for row in rows:
        row.refresh_from_db()
        assert (row.verified_on, row.origin) == (TODAY, "reference")
    made = Correction.objects.get()
    assert (made.size, made.reason) == (2, "Relus sur le site")
    assert "chiffre vérifié le" in title()


def listed_to_verify(staff, *rows, **more):
    """What the page where figures are read again sends back."""
    chosen = {"action": "mark_as_verified", "_selected_action": [row.pk for row in rows]}
    page = staff.post("/admin/financing/rule/?q=essai", chosen | {"index": 0} | more)
    html = page.content.decode()
    assert 'name="select_across" value="0"' in html
    return chosen | {"select_across": "0", "read": page.context["read"], "reason": "Relus"}


def test_figures_that_changed_since_they_were_read_are_not_marked_as_verified(staff, colleague):
    rows = [rule(f"essai-{number}", verified_on=TODAY - 200 * DAY) for number in (1, 2)]
    confirmation = listed_to_verify(staff, *rows)
    save(colleague, rows[0], rate="31")
    text = said(staff.post("/admin/financing/rule/?q=essai", confirmation))
    assert "dominique a modifié cette fiche" in text, text[text.find("Pendant votre") :][:200]
    assert "31 €/h par personne" in text
    assert not Rule.objects.filter(pk__in=[row.pk for row in rows], verified_on=TODAY).exists()
    staff.post("/admin/financing/rule/?q=essai", listed_to_verify(staff, *rows))
    assert Rule.objects.filter(pk__in=[row.pk for row in rows], verified_on=TODAY).count() == 2


@pytest.mark.parametrize("forged", [{}, {"select_across": "1"}])
def test_rules_that_were_not_listed_are_not_marked_as_verified(staff, forged):
    row = rule("essai-1", verified_on=TODAY - 200 * DAY)
    confirmation = listed_to_verify(staff, row, select_across="1")
    late = rule("essai-2", verified_on=TODAY - 200 * DAY)
    confirmation["_selected_action"] = [row.pk, late.pk]
    staff.post("/admin/financing/rule/?q=essai", confirmation | forged)
    row.refresh_from_db()
    late.refresh_from_db()
    assert (row.verified_on, late.verified_on) == (TODAY, TODAY - 200 * DAY)


def test_the_files_leave_a_later_verification_of_the_same_figure_and_no_other(staff):
    row = Rule.objects.filter(origin="reference").first()
    told = row.verified_on
    Rule.objects.filter(pk=row.pk).update(verified_on=TODAY)
    assert not load(read_all())
    Rule.objects.filter(pk=row.pk).update(label="Autre")
    load(read_all())
    row.refresh_from_db()
    assert row.verified_on == told


# ------------------------------------------------------------------------------------------------------------ cautions
def test_contradictions_of_the_sources_are_beside_the_figure_and_in_a_list_for_each_opco(staff):
    row = rule(cautions=["Deux pages se contredisent"])
    text = said(staff.get(address(row)))
    assert "Ce que les sources contredisent Deux pages se contredisent" in text
    assert "réserves sur les sources de cet OPCO" in text
    criteria = said(staff.get(f"/admin/financing/criteria/{row.opco.criteria.pk}/change/"))
    assert row.opco.criteria.cautions[0]["text"][:30] in criteria


def test_who_may_only_look_sees_the_rule_and_no_button(staff):
    reader = client_of(account("mapper"))
    text = said(reader.get(address(rule())))
    assert "25 €/h par personne" in text
    assert "Nouvelle version" not in text
    assert reader.get(address(rule("autre"), "new_version")).status_code == 403
