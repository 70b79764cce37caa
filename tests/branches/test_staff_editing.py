"""Titles, usual names and branches as mapping editors correct them, and the history that stays of it."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from branches.evidence import look_up
from branches.models import Agreement, AgreementName, Attachment, Branch, Conflict
from branches.reference.files import read_all
from branches.reference.load import load
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import history_of, version_of
from opco_portal.corrections.models import Correction
from opco_portal.sync.models import DataVersion
from tests.branches.test_pages import page
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille() -> User:
    return account("mapper", "camille")


@pytest.fixture
def staff(camille) -> Client:
    return client_of(camille)


@pytest.fixture
def colleague() -> Client:
    return client_of(account("mapper", "dominique"))


def address(row, action="change", *more) -> str:
    return reverse(f"admin:branches_{row._meta.model_name}_{action}", args=[row.pk, *more])


def sheet(idcc="1486") -> Agreement:
    return Agreement.objects.get(pk=idcc)


def text_of(response) -> str:
    """What a page says, with ordinary spaces."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def opened(client, row) -> dict[str, Any]:
    """What the page of an object would send back if nothing were typed but a reason."""
    return sent_by(client.get(address(row))) | {"reason": "relecture"}


def sent_by(response) -> dict[str, Any]:
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def save(client, row, **typed):
    """Open the page of an object, type something, save."""
    return client.post(address(row), opened(client, row) | typed, follow=True)


def files_name() -> AgreementName:
    """A name that the reference files wrote, and that leads to one agreement."""
    return AgreementName.objects.get(agreement="1486", name__iexact="syntec")


def own_name(text="Zygomatique", idcc="1486") -> AgreementName:
    return AgreementName.objects.create(agreement_id=idcc, name=text, kind="name")


# --------------------------------------------------------------------------------------------------- titles, branches
def test_a_title_is_corrected_with_its_reason_and_read_at_once(staff, client, camille):
    response = save(staff, sheet(), short_title="Études et conseil", reason="Titre d'usage")
    assert "Enregistré, et visible de tous dès maintenant" in text_of(response)
    made = Correction.objects.get()
    assert (made.author, made.reason, made.size) == (camille, "Titre d’usage", 1)
    assert "Études et conseil" in page(client, "/convention/1486/")
    assert look_up("études et conseil").best.idcc == "1486"


def test_without_a_reason_nothing_is_saved_and_what_was_typed_is_kept(staff):
    before = sheet().short_title
    response = save(staff, sheet(), short_title="Études et conseil", reason=" ")
    assert "sans motif, le changement n’est pas enregistré" in text_of(response)
    assert response.context["adminform"].form["short_title"].value() == "Études et conseil"
    assert (sheet().short_title, Correction.objects.count()) == (before, 0)


@pytest.mark.parametrize("row", [sheet, files_name, Branch.objects.first, own_name])
def test_saving_what_nobody_changed_is_no_correction(staff, row):
    row = row()
    response = save(staff, row)
    assert "Rien n’a changé" in text_of(response)
    assert not Correction.objects.exists()
    assert type(row).objects.get(pk=row.pk).origin == row.origin


def test_what_staff_wrote_is_theirs_and_the_files_leave_it(staff):
    line = Branch.objects.first()
    save(staff, sheet(), short_title="Études et conseil")
    save(staff, line, title="Un autre intitulé")
    assert (sheet().origin, Branch.objects.get(pk=line.pk).origin) == ("manual", "manual")
    for _ in range(2):
        load(read_all())
    assert sheet().short_title == "Études et conseil"
    assert Branch.objects.get(pk=line.pk).title == "Un autre intitulé"


def test_once_undone_the_files_speak_for_it_again(staff, camille):
    before = Agreement.objects.values().get(pk="1486")
    save(staff, sheet(), short_title="Études et conseil")
    staff.post(
        reverse("admin:corrections_correction_undo", args=[Correction.objects.get().pk]), {"reason": "erreur"}
    )
    assert Agreement.objects.values().get(pk="1486") == before
    assert not any(load(read_all()))


@pytest.mark.parametrize(
    ("successor", "said"),
    [
        ("1486", "les remplacements tourneraient en rond"),
        ("1979", "L’IDCC 1979 mène lui-même à l’IDCC 1486"),
        ("0843", "L’IDCC 0843 mène lui-même à l’IDCC 1486"),
        ("9999", "C’est un code de repli"),
    ],
)
def test_replacements_lead_somewhere(staff, successor, said):
    Agreement.objects.filter(pk="1979").update(successor="1486")
    Agreement.objects.filter(pk="0843").update(successor="1979")
    response = save(staff, sheet(), successor=successor)
    assert said in text_of(response)
    assert sheet().successor is None


def test_no_agreement_becomes_an_escape_code(staff):
    response = save(staff, sheet(), status="escape")
    assert "Sélectionnez un choix valide" in text_of(response)
    assert "code de repli" not in dict(response.context["adminform"].form.fields["status"].choices).values()
    assert sheet().status == "active"


def test_an_escape_code_stays_one_and_its_title_is_corrected(staff):
    assert "Un code de repli le reste" in text_of(staff.get(address(sheet("9999"))))
    save(staff, sheet("9999"), status="active", short_title="Sans convention")
    assert (sheet("9999").status, sheet("9999").short_title) == ("escape", "Sans convention")


def test_an_agreement_or_a_name_is_never_deleted(staff):
    for row in (sheet(), files_name(), Branch.objects.first()):
        assert staff.post(address(row, "delete"), {"post": "yes"}).status_code == 403


# -------------------------------------------------------------------------------------------------------------- names
ADD_NAME = reverse("admin:branches_agreementname_add")


def test_a_new_name_leads_to_its_agreement_at_once(staff, client):
    typed = {"agreement": "1486", "name": "Zygomatique", "kind": "name", "reason": "Courant"}
    staff.post(ADD_NAME, typed)
    assert AgreementName.objects.get(name="Zygomatique").origin == "manual"
    assert client.get("/recherche/?q=zygomatique").headers["Location"].startswith("/convention/1486/")
    assert Correction.objects.get().title.replace("\u00a0", " ") == "IDCC 1486 : nom « Zygomatique » ajouté"


def test_a_retired_name_leaves_the_search_at_once_and_the_files_do_not_bring_it_back(staff, client):
    row = files_name()
    assert look_up(row.name).best.idcc == "1486"
    save(staff, row, retired="on", reason="Marque d’une fédération")
    for _ in range(2):
        assert look_up(row.name).query.kind == "text"
        assert row.name not in client.get("/api/v1/agreements/1486/").content.decode()
        load(read_all())
    assert AgreementName.objects.filter(agreement="1486", name=row.name).count() == 1
    save(staff, row, retired="")
    assert look_up(row.name).best.idcc == "1486"


def test_a_name_of_the_files_is_not_written_otherwise(staff):
    row = files_name()
    assert "name" not in opened(staff, row)
    save(staff, row, name="Autre", agreement="1979", kind="abbreviation")
    row.refresh_from_db()
    assert (row.name.lower(), row.agreement_id) == ("syntec", "1486")


def test_a_name_of_staff_is(staff):
    row = own_name()
    save(staff, row, name="Autre", agreement="1979")
    row.refresh_from_db()
    assert (row.name, row.agreement_id) == ("Autre", "1979")


@pytest.mark.parametrize(("kind", "warned"), [("name", True), ("abbreviation", True), ("trade", False)])
def test_a_name_that_another_agreement_bears_is_saved_with_a_warning(staff, kind, warned):
    typed = {"agreement": "1979", "name": "SYNTEC", "kind": kind, "reason": "essai"}
    response = staff.post(ADD_NAME, typed, follow=True)
    assert ("Ce nom désigne aussi l’IDCC 1486" in text_of(response)) == warned
    assert AgreementName.objects.filter(agreement="1979", name="SYNTEC").exists()


def test_a_name_that_the_agreement_bears_already_is_refused(staff):
    response = staff.post(
        ADD_NAME, {"agreement": "1486", "name": "SYNTEC", "kind": "name", "reason": "essai"}
    )
    assert response.status_code == 200
    assert not AgreementName.objects.filter(agreement="1486", name="SYNTEC").exists()


# ------------------------------------------------------------------------------------------------------ two at a time
def test_whoever_saves_over_a_newer_version_is_told_what_changed_and_loses_nothing(staff, colleague):
    mine = opened(staff, sheet()) | {"short_title": "Ma version", "reason": "mon motif"}
    save(colleague, sheet(), short_title="La sienne", scope="France entière")
    response = staff.post(address(sheet()), mine)
    said = text_of(response)
    assert "dominique a modifié cette fiche" in said
    assert "devenu « La sienne »" in said
    assert "Votre saisie est conservée" in said
    assert sheet().short_title == "La sienne"

    kept = sent_by(response)
    assert (kept["short_title"], kept["reason"]) == ("Ma version", "mon motif")
    assert kept["scope"] == "France entière"  # which nobody touched here: it follows the newer version
    staff.post(address(sheet()), kept)
    assert (sheet().short_title, sheet().scope) == ("Ma version", "France entière")


def test_a_third_version_meanwhile_is_told_as_well(staff, colleague):
    mine = opened(staff, sheet()) | {"short_title": "Ma version"}
    save(colleague, sheet(), short_title="La sienne")
    first = staff.post(address(sheet()), mine)
    save(colleague, sheet(), short_title="La sienne encore")
    second = staff.post(address(sheet()), sent_by(first))
    assert "« La sienne » devenu « La sienne encore »" in text_of(second)
    assert sheet().short_title == "La sienne encore"


def test_a_form_without_its_version_overwrites_nothing(staff):
    typed = opened(staff, sheet()) | {"short_title": "Ma version", "version": ""}
    assert "Votre saisie est conservée" in text_of(staff.post(address(sheet()), typed))
    assert sheet().short_title != "Ma version"


def test_ticked_boxes_follow_the_newer_version_too(staff, colleague):
    row = own_name()
    mine = opened(staff, row) | {"name": "Zygomatiques"}
    save(colleague, row, retired="on")
    response = staff.post(address(row), mine)
    assert response.context["adminform"].form["retired"].value()
    staff.post(address(row), sent_by(response))
    row.refresh_from_db()
    assert (row.name, row.retired) == ("Zygomatiques", True)


# ------------------------------------------------------------------------------------------------------------- history
def test_a_history_says_when_who_what_and_why(staff):
    save(staff, sheet(), short_title="Études et conseil", reason="Titre d’usage")
    Agreement.objects.filter(pk="1486").update(scope="France")
    said = text_of(staff.get(address(sheet(), "history")))
    assert re.search(r"camille .*Titre court.*Études et conseil.*Titre d’usage.*Correction n° \d+", said)
    assert "base de données" in said
    assert "Modification directe, sans motif enregistré." in said
    assert "référentiel" in said


def test_two_versions_are_compared(staff):
    for title in ("Un", "Deux", "Trois"):
        save(staff, sheet(), short_title=title)
    third, _, first, *_ = (change.number for change in history_of(sheet()))
    for order in (f"?de={first}&a={third}", f"?de={third}&a={first}"):
        (difference,) = staff.get(address(sheet(), "history") + order).context["comparison"]
        assert difference == ("Titre court", "Un", "Trois")
    assert staff.get(address(sheet(), "history") + "?de=0&a=x").context["comparison"] is None


def test_a_version_is_brought_back_with_a_reason(staff, camille):
    save(staff, sheet(), short_title="Un")
    save(staff, sheet(), short_title="Deux")
    version = history_of(sheet())[1].number
    restore = address(sheet(), "restore", version)
    assert re.search("Deux .*Un", text_of(staff.get(restore)))
    assert "sans motif" in text_of(staff.post(restore, {"reason": ""}))
    staff.post(restore, {"reason": "Le premier était juste", "read": version_of(sheet())})
    made = Correction.objects.first()
    assert (sheet().short_title, made.kind, made.reason) == ("Un", "revert", "Le premier était juste")


def test_a_version_is_not_brought_back_over_what_nobody_has_read(staff, colleague):
    save(staff, sheet(), short_title="Un")
    restore = address(sheet(), "restore", history_of(sheet())[1].number)
    read = staff.get(restore).context["read"]
    save(colleague, sheet(), short_title="La sienne")
    response = staff.post(restore, {"reason": "c’était juste", "read": read})
    said = text_of(response)
    assert "Cette fiche a changé pendant que vous lisiez : voici ce qui changerait maintenant." in said
    assert "dominique a modifié cette fiche" in said
    assert sheet().short_title == "La sienne"
    assert response.context["differences"][0].before == "La sienne"
    staff.post(restore, {"reason": "relu", "read": response.context["read"]})
    assert sheet().short_title != "La sienne"


def test_a_version_is_brought_back_by_a_form_that_says_what_was_read(staff):
    save(staff, sheet(), short_title="Un")
    response = staff.get(address(sheet(), "restore", history_of(sheet())[1].number))
    assert f'name="read" value="{version_of(sheet())}"' in response.content.decode()
    response = staff.post(response.request["PATH_INFO"], {"reason": "sans dire ce qui a été lu"})
    assert (response.status_code, sheet().short_title) == (200, "Un")


def test_a_version_that_leads_in_circles_is_not_brought_back(staff):
    save(staff, sheet(), successor="2098")
    version = version_of(sheet())
    save(staff, sheet(), successor="")
    save(staff, sheet("2098"), successor="1486")
    restore = address(sheet(), "restore", version)
    response = staff.post(restore, {"reason": "c’était juste", "read": version_of(sheet())})
    assert "les remplacements tourneraient en rond" in text_of(response)
    assert sheet().successor is None


def test_whoever_may_not_write_takes_no_turn(staff, monkeypatch):
    monkeypatch.setattr(DataVersion, "hold", None)
    client = client_of("financer")
    assert client.post(address(sheet()), {"reason": "x"}).status_code == 403
    assert client.post(reverse("admin:branches_branch_add"), {"reason": "x"}).status_code == 403
    assert staff.post(reverse("admin:branches_agreement_change", args=["0000"])).status_code == 302


def test_a_version_of_the_files_that_staff_bring_back_is_staffs(staff):
    row = files_name()
    version = history_of(row)[0].number
    save(staff, row, kind="abbreviation" if row.kind == "name" else "name")
    staff.post(address(row, "restore", version), {"reason": "c’était juste", "read": version_of(row)})
    back = AgreementName.objects.get(pk=row.pk)
    assert (back.kind, back.origin) == (row.kind, "manual")
    load(read_all())
    assert AgreementName.objects.get(pk=row.pk).kind == row.kind


def test_a_version_of_something_else_is_not_brought_back(staff):
    other = history_of(sheet("1979"))[0].number
    assert staff.get(address(sheet(), "restore", other)).status_code == 404


@pytest.mark.parametrize("role", ["financer", "outsider"])
def test_others_bring_nothing_back(staff, role):
    save(staff, sheet(), short_title="Un")
    version = history_of(sheet())[-1].number
    assert client_of(role).post(address(sheet(), "restore", version), {"reason": "x"}).status_code == 403


# ------------------------------------------------------------------------------------------------------------- queries
def contradict(ours: str) -> None:
    Conflict.objects.create(
        agreement_id="1486", kind="approval", ours_id=ours, theirs_id="atlas", share=1, establishments=9
    )


@pytest.mark.parametrize("model", [Agreement, AgreementName, Branch, Attachment, Conflict, Correction])
def test_lists_take_the_same_queries_however_long_they_are(
    staff, camille, model, django_assert_max_num_queries
):
    for number in range(8):
        with correcting(camille, reason=f"motif {number}"):
            own_name(f"Nom {number}")
    for ours in ("akto", "afdas", "opco-ep"):
        contradict(ours)
    listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    ids = sorted(model.objects.values_list("pk", flat=True))[:8]
    staff.get(listed)  # what is read once for all
    counts = []
    for some in (ids[:1], ids):
        query = "&".join(f"pk__in={each}" for each in some)
        with django_assert_max_num_queries(30) as captured:
            response = staff.get(f"{listed}?{query}&file=tous" if model is Conflict else f"{listed}?{query}")
        assert response.status_code == 200
        counts.append((len(response.context["cl"].result_list), len(captured)))
    (few, first), (many, second) = counts
    assert few < many
    assert first == second


@pytest.mark.parametrize("conflicts", [0, 3])
def test_the_page_of_an_agreement_takes_a_bounded_number_of_queries(
    staff, camille, conflicts, django_assert_max_num_queries
):
    for ours in ("akto", "afdas", "opco-ep")[:conflicts]:
        contradict(ours)
    with correcting(camille, reason="motif"):
        for number in range(10 * conflicts):
            own_name(f"Nom {number}")
    staff.get(address(sheet()))
    with django_assert_max_num_queries(22):
        assert staff.get(address(sheet())).status_code == 200
