"""Files of names, titles and decisions: everything wrong is told at once, then all is applied, or nothing."""

import re
from datetime import date
from unittest.mock import patch

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches import attachments
from branches.evidence import look_up
from branches.models import Agreement, AgreementName, Attachment, Disagreement
from branches.resources import Decisions, Names, Titles
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.formats import FORMATS, Csv, read
from opco_portal.corrections.models import Correction
from opco_portal.corrections.revert import revert
from opco_portal.sync.models import DataVersion
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db

HEADINGS = {
    Names: ["IDCC", "Nom", "Nature", "Retiré"],
    Decisions: ["IDCC", "OPCO", "Premier jour", "Dernier jour", "Motif", "Source"],
}
SOURCE = "https://www.legifrance.gouv.fr/accord"
TITLES = [
    "IDCC",
    "Titre",
    "Titre court",
    "Champ",
    "Situation",
    "Remplacée par",
    "État juridique",
    "Identifiant Légifrance",
    "Source du titre",
    "Source",
]
EVERYTHING = [
    "add_agreementname",
    "change_agreementname",
    "view_agreementname",
    "add_attachment",
    "change_attachment",
    "view_attachment",
    "change_agreement",
    "view_agreement",
]


def csv_of(headings, *rows):
    return "\n".join(";".join(cells) for cells in (headings, *rows)).encode()


def dataset(sheet, *rows):
    return read(csv_of(HEADINGS[sheet], *rows))


def examined(sheet, *rows, **options):
    return sheet(**options).examine(dataset(sheet, *rows))


def told(preview):
    """Line, column and sentence of everything that is wrong."""
    return [(line.number, each.heading, each.sentence) for line in preview.wrong for each in line.problems]


def applied(sheet, user, *rows, reason="Liste de la branche"):
    with correcting(user, Correction.Kind.IMPORT, reason=reason) as draft:
        resource = sheet(author=user)
        preview = resource.examine(dataset(sheet, *rows))
        assert told(preview) == []
        resource.write()
    return draft.made


@pytest.fixture
def user():
    return User.objects.create_user("camille", password="un mot de passe à elle", is_staff=True)


@pytest.fixture
def editor(user):
    user.user_permissions.set(Permission.objects.filter(codename__in=EVERYTHING))
    return user


@pytest.fixture
def client(editor):
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def decision(user):
    with correcting(user, reason="Pour essayer"):
        return attachments.decide(
            "1486", "atlas", date(2026, 1, 1), date(2027, 1, 1), "Avenant\r\nétendu", SOURCE, user
        )


# ----------------------------------------------------------------------------------------------------- round trips
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("sheet", [Names, Titles, Decisions])
def test_an_export_changes_nothing_when_it_comes_back(sheet, kind, user, decision):
    before = DataVersion.objects.get().number
    data = FORMATS[kind]().export_data(sheet().export())
    with correcting(user, Correction.Kind.IMPORT, reason="Rien") as draft:
        resource = sheet(author=user)
        preview = resource.examine(read(data))
        resource.write()
    assert (told(preview), preview.changed, draft.made) == ([], [], None)
    assert (
        len(preview.same)
        == sheet._meta.model.objects.filter(**({"source": "manual"} if sheet is Decisions else {})).count()
    )
    assert DataVersion.objects.get().number == before


def test_line_breaks_that_a_spreadsheet_writes_otherwise_change_nothing(decision):
    data = Csv().export_data(Decisions().export()).replace(b"Avenant\r\n", b"Avenant\n")
    assert Decisions().examine(read(data)).changed == []


def test_an_idcc_keeps_its_zeros_and_gets_back_those_that_it_lost(user):
    exported = Names().export(AgreementName.objects.filter(agreement="0087"))
    assert set(exported["IDCC"]) <= {"0087"}
    rows = [HEADINGS[Names], [87, "Le nom d’essai", "sigle", None]]
    preview = Names().examine(read(workbook({"Noms": rows})))
    assert [line.instance.agreement_id for line in preview.changed] == ["0087"]


# ----------------------------------------------------------------------------------------------------------- names
def test_names_are_added_modified_and_retired_in_one_correction(user):
    known = AgreementName.objects.filter(agreement="1486", name="Syntec").get()
    made = applied(
        Names,
        user,
        ["1486", "Syntec", "nom usuel", "oui"],
        ["1486", "Ingénierie d’essai", "Métier ou activité", ""],
    )
    known.refresh_from_db()
    added = AgreementName.objects.get(name="Ingénierie d’essai")
    assert (known.retired, known.origin) == (True, "manual")
    assert (added.kind, added.retired, added.origin) == ("trade", False, "manual")
    assert (made.kind, made.size, made.reason) == ("import", 2, "Liste de la branche")


def test_a_whole_import_is_undone_at_once(user):
    before = set(AgreementName.objects.values_list())
    made = applied(
        Names,
        user,
        ["1486", "Syntec", "nom usuel", "oui"],
        *([f"{1486}", f"Essai {i}", "sigle", ""] for i in range(20)),
    )
    assert made.size == 21
    undone = revert(made, user, "Mauvais fichier")
    assert undone.reverts == made
    assert set(AgreementName.objects.values_list()) == before


def test_a_name_is_the_same_whatever_its_case_and_accents(user):
    applied(Names, user, ["1486", "Bureaux d'essai", "sigle", ""])
    preview = examined(Names, ["1486", "BUREAUX D’ESSAI", "sigle", ""])
    assert [(line.nature, line.differences) for line in preview.changed] == [
        ("update", [("Nom", "Bureaux d'essai", "BUREAUX D’ESSAI")])
    ]


def test_names_of_the_reference_files_are_retired_and_not_written_otherwise():
    preview = examined(Names, ["1486", "SYNTEC", "nom usuel", "oui"])
    assert told(preview) == [
        (
            2,
            "Nom",
            "Ce nom vient du référentiel, où il s’écrit «\u00a0Syntec\u00a0»\u00a0: écrivez-le ainsi, ou retirez-le.",
        )
    ]


def test_everything_wrong_is_told_at_once_with_its_line_and_column():
    long = "x" * 101
    preview = examined(
        Names,
        ["1486", "Bon", "sigle", "non"],
        ["9x", "", "surnom", "peut-être"],
        ["0001", "Un nom", "sigle", ""],
        ["1486", long, "sigle", ""],
        ["", "", "", ""],
        ["1486", "bon", "nom usuel", ""],
        ["1486", "invi\u200bsible", "sigle", ""],
    )
    found = told(preview)
    assert [(line, heading) for line, heading, _ in found] == [
        (3, "IDCC"),
        (3, "Nom"),
        (3, "Nature"),
        (3, "Retiré"),
        (4, "IDCC"),
        (5, "Nom"),
        (7, ""),
        (8, "Nom"),
    ]
    sentences = [sentence for *_, sentence in found]
    assert "quatre chiffres" in sentences[0]
    assert "Remplissez cette cellule" in sentences[1]
    assert "«\u00a0nom usuel\u00a0», «\u00a0sigle\u00a0» ou «\u00a0métier ou activité\u00a0»" in sentences[2]
    assert "«\u00a0oui\u00a0» ou «\u00a0non\u00a0»" in sentences[3]
    assert "Aucune convention" in sentences[4]
    assert "101 caractères, 100 au plus" in sentences[5]
    assert "La ligne 2" in sentences[6]
    assert "U+200B" in sentences[7]
    assert preview.where == "lignes 3, 4, 5, 7 et 8"
    assert preview.blanks == "6"
    assert [problem.place for problem in preview.wrong[0].problems] == ["A3", "B3", "C3", "D3"]


def test_who_looks_for_a_shared_name_is_thought_of():
    preview = examined(
        Names, ["0016", "Syntec", "sigle", ""], ["0016", "Boulangerie d’essai", "métier ou activité", ""]
    )
    first, second = preview.changed
    assert "1486" in first.notes[0]
    assert second.notes == []


def test_columns_are_told_by_their_names():
    data = csv_of(["idcc", "NOM", "Surnom", "retire", "Nom", ""], ["1486", "a", "b", "", "", "c"])
    problems = Names().examine(read(data)).problems
    assert len(problems) == 4
    assert "C «\u00a0Surnom\u00a0» est inconnue" in problems[0]
    assert "F n’a pas de titre" in problems[1]
    assert "«\u00a0Nom\u00a0» figure 2 fois" in problems[2]
    assert "Il manque la colonne «\u00a0Nature\u00a0»" in problems[3]


def test_without_the_right_to_add_a_new_name_is_refused():
    preview = examined(
        Names, ["1486", "Syntec", "nom usuel", "oui"], ["1486", "Neuf", "sigle", ""], may_add=False
    )
    assert [(line, heading) for line, heading, _ in told(preview)] == [(3, "")]


# ---------------------------------------------------------------------------------------------------------- titles
def title(idcc, status="en vigueur", successor="", short="Court", **cells):
    filled = {"IDCC": idcc, "Situation": status, "Remplacée par": successor, "Titre court": short} | cells
    return [filled.get(heading, "") for heading in TITLES]


def titles(*rows):
    return Titles().examine(read(csv_of(TITLES, *rows)))


def test_titles_are_written_and_are_staff_s_own_from_then_on(user):
    with correcting(user, Correction.Kind.IMPORT, reason="Relecture") as draft:
        resource = Titles(author=user)
        resource.examine(
            read(
                csv_of(
                    TITLES,
                    title("1486", short="Le titre d’essai", **{"État juridique": "en vigueur, étendue"}),
                )
            )
        )
        resource.write()
    row = Agreement.objects.get(pk="1486")
    assert (row.short_title, row.legal_state, row.origin) == ("Le titre d’essai", "extended", "manual")
    assert draft.made.size == 1


def test_an_agreement_is_not_added():
    assert "Aucune convention" in told(titles(title("0001")))[0][2]


def test_agreements_do_not_replace_one_another_in_circles():
    preview = titles(
        title("1486", successor="16"), title("0016", successor="2148"), title("2148", successor="1486")
    )
    assert [line for line, *_ in told(preview)] == [2, 3, 4]
    assert all("tourneraient en rond" in sentence for *_, sentence in told(preview))
    assert "lui-même" in told(titles(title("1486", successor="1486")))[0][2]


def test_nothing_is_replaced_by_an_escape_code():
    assert "code de repli" in told(titles(title("1486", successor="9999")))[0][2]


def test_an_escape_code_stays_one_and_nothing_becomes_one():
    preview = titles(title("9999"), title("9998", "Code de repli"), title("1486", "code de repli"))
    assert told(preview) == [
        (2, "Situation", "Un code de repli le reste\u00a0: il n’est pas une convention."),
        (4, "Situation", "Une convention ne devient pas un code de repli."),
    ]
    guide = {each.heading: each.allowed for each in Titles().guide()}
    assert guide["Situation"] == ["en vigueur", "fusionnée ou remplacée", "situation non publiée"]


def test_cells_of_a_title_are_checked():
    row = title(
        "1486", status="bonne", **{"Titre": "x" * 501, "Source": "pas une adresse", "État juridique": "neuve"}
    )
    assert {heading for _, heading, _ in told(titles(row))} == {
        "Titre",
        "Situation",
        "État juridique",
        "Source",
    }


# ------------------------------------------------------------------------------------------------------- decisions
def row(idcc="1486", opco="Atlas", first="01/01/2030", last="", reason="Un accord", source=SOURCE):
    return [idcc, opco, first, last, reason, source]


def test_decisions_are_made_and_ended(user, decision):
    made = applied(
        Decisions,
        user,
        row(first="2026-01-01", last="30/06/2026", reason="Avenant d'essai"),
        row(first="1/7/2026", opco="opco2i", last=""),
    )
    decision.refresh_from_db()
    assert decision.validity == DateRange(date(2026, 1, 1), date(2026, 7, 1))
    assert decision.reason == "Avenant d’essai"
    added = attachments.decisions().exclude(pk=decision.pk).get()
    assert (added.opco_id, added.validity, added.author) == (
        "opco2i",
        DateRange(date(2026, 7, 1), None),
        user,
    )
    assert made.size == 2


def test_periods_do_not_overlap_in_the_file_nor_with_what_exists(decision):
    preview = examined(
        Decisions,
        row(first="01/06/2026", last="30/06/2026"),
        row(first="01/01/2031", last="31/12/2031"),
        row(first="31/12/2031"),
        row(idcc="0016", first="31/12/2031"),
    )
    found = told(preview)
    assert [(line, heading) for line, heading, _ in found] == [(2, "Premier jour"), (4, "Premier jour")]
    assert "déjà enregistrée (Atlas du 1er\u00a0janvier 2026 au 31\u00a0décembre 2026)" in found[0][2]
    assert "de la ligne 3" in found[1][2]


def test_a_decision_that_grows_over_another_is_told(user, decision):
    applied(Decisions, user, row(first="01/01/2027"))
    preview = examined(Decisions, row(first="01/01/2026", last=""))
    assert [(line, heading) for line, heading, _ in told(preview)] == [(2, "Dernier jour")]


def test_everything_wrong_with_decisions_is_told():
    preview = examined(
        Decisions,
        row(idcc="9999"),
        row(opco="Inconnu", first="31/02/2030", reason="", source="ici"),
        row(first="02/01/2030", last="01/01/2030"),
        row(reason="x" * 1001),
        row(first="01/01/2031", last="31/12/9999"),
        row(idcc="0016", first="01/01/1026"),
    )
    assert [(line, heading) for line, heading, _ in told(preview)] == [
        (2, "IDCC"),
        (3, "OPCO"),
        (3, "Premier jour"),
        (3, "Motif"),
        (3, "Source"),
        (4, "Dernier jour"),
        (5, "Motif"),
        (6, "Dernier jour"),
        (7, "Premier jour"),
    ]


# ----------------------------------------------------------------------------------------------------------- costs
def test_more_lines_do_not_cost_more_queries(user):
    costs = []
    for count in (50, 500):
        rows = [["1486", f"Essai {count} {i}", "sigle", ""] for i in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            applied(Names, user, *rows)
        costs.append(len(queries))
    assert costs[0] == costs[1]


# ------------------------------------------------------------------------------------------------------- the pages
NAMES = "branches_agreementname"


def url(name, model=NAMES):
    return reverse(f"admin:{model}_{name}")


def sent(client, data, reason="Liste de la branche", model=NAMES, name="noms.csv"):
    return client.post(url("import", model), {"file": SimpleUploadedFile(name, data), "reason": reason})


def confirmed(client, response, model=NAMES, **changes):
    fields = dict(re.findall(r'name="(token|mark|reason)" value="([^"]*)"', response.content.decode()))
    return client.post(url("process_import", model), fields | changes, follow=True)


ONE = csv_of(HEADINGS[Names], ["1486", "Nom d’essai", "sigle", ""])


def test_a_file_is_previewed_confirmed_then_public_at_once(client):
    page = sent(client, ONE)
    assert "1 changement" in page.content.decode().replace("\u00a0", " ")
    assert not AgreementName.objects.filter(name="Nom d’essai").exists()
    done = confirmed(client, page)
    made = Correction.objects.get()
    assert made.kind == Correction.Kind.IMPORT
    assert reverse("admin:corrections_correction_change", args=[made.pk]) in done.content.decode()
    assert look_up("nom d’essai").candidates[0].idcc == "1486"


def test_with_one_wrong_line_nothing_can_be_confirmed_and_the_reason_stays(client):
    page = sent(
        client, csv_of(HEADINGS[Names], ["1486", "Bon", "sigle", ""], ["1486", "Pas bon", "surnom", ""])
    )
    html = page.content.decode()
    assert "ligne 3" in html
    assert 'name="mark"' not in html
    assert "Liste de la branche</textarea>" in html


def test_a_reason_and_a_file_are_asked_for(client):
    assert "Écrivez pourquoi" in sent(client, ONE, reason="").content.decode()
    assert "Choisissez un fichier" in client.post(url("import"), {"reason": "x"}).content.decode()


def test_what_somebody_else_changed_meanwhile_is_shown_before_anything_is_applied(client, user):
    page = sent(client, csv_of(HEADINGS[Names], ["1486", "Syntec", "sigle", ""]))
    with correcting(user, reason="Entre-temps"):
        AgreementName.objects.filter(agreement="1486", name="Syntec").update(retired=True)
    again = confirmed(client, page)
    assert "Ces données ont changé depuis l’aperçu" in again.content.decode()
    assert AgreementName.objects.get(agreement="1486", name="Syntec").kind == "name"
    confirmed(client, again)
    changed = AgreementName.objects.get(agreement="1486", name="Syntec")
    assert (changed.kind, changed.retired) == ("abbreviation", False)


def test_a_file_that_is_no_longer_kept_is_asked_for_again(client):
    page = sent(client, ONE)
    cache.clear()
    again = confirmed(client, page)
    assert again.status_code == 200
    assert "n’a plus votre fichier" in again.content.decode()
    assert "Liste de la branche</textarea>" in again.content.decode()
    assert not Correction.objects.exists()


def test_a_second_press_of_the_button_finds_nothing_left_to_do(client):
    page = sent(client, ONE)
    confirmed(client, page)
    assert "n’a plus votre fichier" in confirmed(client, page).content.decode()
    page = sent(client, ONE.replace(b"sigle", b"nom usuel"))
    with patch("opco_portal.corrections.admin.imports.CacheStorage.remove", side_effect=redis.TimeoutError):
        confirmed(client, page)
    assert "Rien n’a changé" in confirmed(client, page).content.decode()
    assert Correction.objects.count() == 2


def test_what_is_too_heavy_is_not_even_read(client):
    assert "5,0" in sent(client, b"x" * 5_000_001).content.decode()


def test_headings_alone_change_nothing(client):
    assert "n’a que ses titres" in sent(client, csv_of(HEADINGS[Names])).content.decode()


def test_a_file_is_kept_for_its_sender_only(client):
    page = sent(client, ONE)
    other = Client()
    other.force_login(User.objects.create_superuser("dominique"))
    assert "n’a plus votre fichier" in confirmed(other, page).content.decode()


def test_without_valkey_the_preview_is_shown_and_says_that_it_cannot_be_confirmed(client):
    with patch("opco_portal.corrections.admin.imports.CacheStorage.save", side_effect=redis.TimeoutError):
        page = sent(client, ONE)
    assert "n’a pas pu garder votre fichier" in page.content.decode()
    assert 'name="mark"' not in page.content.decode()
    page = sent(client, ONE)
    with patch("opco_portal.corrections.admin.imports.CacheStorage.read", side_effect=redis.TimeoutError):
        assert "n’a plus votre fichier" in confirmed(client, page).content.decode()


def test_a_confirmation_is_a_form_that_only_the_portal_writes(client, editor):
    assert client.get(url("process_import")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    assert strict.post(url("import"), {"reason": "x"}).status_code == 403
    assert strict.post(url("process_import"), {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("model", ["branches_agreementname", "branches_attachment", "branches_agreement"])
def test_who_may_only_look_takes_away_and_brings_nothing_back(model, user):
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"view_{model.split('_')[1]}"]))
    client = Client()
    client.force_login(user)
    assert client.get(url("export", model)).status_code == 200
    assert "/import/" not in client.get(url("changelist", model)).content.decode()
    for name in ("import", "template", "current"):
        assert client.get(url(name, model)).status_code == 403
    assert client.post(url("import", model)).status_code == 403
    assert client.post(url("process_import", model)).status_code == 403


def test_who_may_not_look_takes_nothing_away(user):
    client = Client()
    client.force_login(user)
    for model in (NAMES, "branches_disagreement", "corrections_correction"):
        assert client.get(url("export", model)).status_code == 403


def test_who_may_change_but_not_add_changes_only(user):
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_agreementname", "change_agreementname"])
    )
    client = Client()
    client.force_login(user)
    assert "ne peut que modifier" in sent(client, ONE).content.decode()


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
@pytest.mark.parametrize("model", ["branches_agreementname", "branches_attachment", "branches_agreement"])
def test_templates_are_read_back_without_a_complaint_of_their_columns(client, model, kind, start):
    response = client.get(url("template", model), {"format": kind})
    assert response.content.startswith(start)
    assert f'.{kind}"' in response["Content-Disposition"]
    sheet = {"agreementname": Names, "attachment": Decisions, "agreement": Titles}[model.split("_")[1]]
    assert sheet().examine(read(response.content)).problems == []


def test_an_export_is_of_what_the_list_shows(client):
    response = client.get(url("export") + "?q=syntec&kind__exact=name&format=csv")
    assert {(row[0], row[1]) for row in read(response.content)} == {("1486", "Syntec")}
    assert client.get(url("export") + "?format=pdf").status_code == 404
    assert client.get(url("export") + "?nothing__like=1").status_code == 302


def test_every_attachment_can_be_taken_away(client):
    response = client.get(url("export", "branches_attachment") + "?format=csv")
    assert len(read(response.content)) == Attachment.objects.count()


def test_disagreements_and_corrections_are_taken_away_as_the_lists_show_them(decision):
    now = timezone.now()
    Disagreement.objects.create(
        siret=50103081100092, engine="cfa-dock", opco_id="atlas", other_id="akto", said_at=now
    )
    client = Client()
    client.force_login(User.objects.create_superuser("dominique"))
    (row,) = read(client.get(url("export", "branches_disagreement") + "?format=csv").content).dict
    assert (row["SIRET"], row["OPCO du moteur"], row["Moteur"]) == ("50103081100092", "AKTO", "CFA Dock")
    (row,) = read(client.get(url("export", "corrections_correction") + "?format=xlsx").content).dict
    assert (row["Auteur"], row["Motif"], row["Nature"]) == ("camille", "Pour essayer", "modification")


def test_a_file_of_decisions_says_what_the_public_will_read(client):
    head = ("IDCC", "OPCO", "Premier jour", "Dernier jour", "Motif", "Source")
    lines = [
        ("1486", "AKTO", "01/01/2020", "", "Un accord", SOURCE),
        ("2098", "AKTO", "01/01/2020", "", "x", SOURCE),
    ]
    shown = sent(client, csv_of(head, *lines), model="branches_attachment")
    told = [each.replace("\xa0", " ") for each in shown.context["forecast"]]
    assert told == [
        "IDCC 1486, aujourd’hui : « Atlas (déduit) » devient « AKTO (certain) »",
        "IDCC 2098, aujourd’hui : « Opco EP (déduit) » devient « AKTO (certain) »",
    ]
