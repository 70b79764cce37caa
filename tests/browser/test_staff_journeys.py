"""What staff do with the mappings, from the first page to what the public reads, by what they see on the screen.

Each journey has a portal and a database of its own. Every page is also looked at on a phone: nothing is off-screen.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import islice

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_httpserver import HTTPServer

from branches import attachments
from branches.models import AgreementName, Conflict
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import events_of
from opco_portal.corrections.models import Correction
from opco_portal.staff.rights import MAPPING_EDITORS
from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.models import SyncRun
from opco_portal.sync.source import source_named
from tests.benchmarks import siro as synthetic
from tests.browser.conftest import Upstreams, served
from tests.browser.test_staff_pages import fits
from tests.publisher import Publisher

PASSWORD = "un mot de passe à elle"
SYNTEC = re.compile("^1486 Bureaux d’études")
CHANGELOG = "/donnees/changements/"
NAMES = ["bidulologie", "trucmuchage", "machinerie de Lune", "zinzinerie", "patatipatatage"]


@pytest.fixture
def portal(own_database: str, upstreams: Upstreams) -> Iterator[str]:
    """A portal on a database of this test's own; takes the place of the one that tests share."""
    with served(**upstreams.environment, DATABASE_URL=own_database) as address:
        yield address


@pytest.fixture
def editor(own_database: str) -> Callable[[str], User]:
    """Make an account of the group that corrects the mappings."""

    def make(name: str) -> User:
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=MAPPING_EDITORS))
        return user

    return make


@pytest.fixture
def publish(
    own_database: str, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Mapping[tuple[str, str], int]], None]:
    """A vintage of the table is published, and the portal follows it; it is told by its counts."""
    publisher, source = Publisher(httpserver), source_named("siro")
    monkeypatch.setattr(type(source), "base_url", publisher.dataset)

    def publish(month: str, counts: Mapping[tuple[str, str], int]) -> None:
        publisher.offer(month, vintage(counts))
        assert synchronise(source, prepare(source, Order())).state == SyncRun.State.PUBLISHED

    return publish


def vintage(counts: Mapping[tuple[str, str], int]) -> bytes:
    """A table with so many establishments for each IDCC and label of OPCO; those of an IDCC stay the same ones."""
    companies = {idcc: number for number, (idcc, _) in enumerate(counts)}
    sirets = {idcc: iter(synthetic.sirets_of(number, 9_999)) for idcc, number in companies.items()}
    lines = [
        f"{siret:014d}|{idcc}|{label}|\n"
        for (idcc, label), count in counts.items()
        for siret in islice(sirets[idcc], count)
    ]
    return "".join([synthetic.HEADER, *lines]).encode()


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Nom d’utilisateur").fill(name)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Connexion").click()
    expect(page.get_by_role("heading", name="À traiter")).to_be_visible()


def search_for(page: Page, text: str) -> None:
    """From the first page, as from any other."""
    page.get_by_role("main").get_by_role("searchbox").fill(text)
    page.get_by_role("main").get_by_role("button", name="Rechercher").click()


def region(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("region", name=name)


def day(later: int) -> str:
    """A day as a field of dates takes it."""
    return (timezone.localdate() + timedelta(days=later)).isoformat()


# ------------------------------------------------------------------------------------------------------ an attachment
@pytest.mark.parametrize(
    "how",
    [{"width": 1280}, {"width": 390}, {"width": 390, "java_script_enabled": False}],
    ids=["desk", "phone", "phone without JavaScript"],
)
def test_an_attachment_is_corrected_read_by_everybody_and_ended(editor, open_page, how):
    editor("camille")
    page = open_page("/admin/", **how)
    public = open_page("/convention/1486/", **how)
    before = public.get_by_role("main").inner_text()
    log_in(page, "camille")

    search_for(fits(page), "1486")
    fits(page).get_by_role("link", name=SYNTEC).click()
    expect(fits(page).get_by_text("Le public lit aujourd’hui : Atlas (déduit)")).to_be_visible()
    page.get_by_role("link", name="Rattacher à un OPCO…").click()

    # Wrongly first: the errors are with their fields, and nothing has to be typed again.
    page.get_by_label("OPCO").select_option("AKTO")
    page.get_by_label("Dernier jour").fill(day(-1))
    page.get_by_label("Motif").fill("Avenant du 3 mars, étendu en mai.")
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.get_by_role("alert")).to_contain_text("Rien n’est enregistré")
    for label, error in (
        ("Dernier jour", "Le dernier jour est avant le premier."),
        ("Lien vers la source", "Ce champ est obligatoire."),
    ):
        expect(page.get_by_label(label)).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label(label)).to_have_accessible_description(re.compile(re.escape(error)))
    expect(page.get_by_label("Motif")).to_have_value("Avenant du 3 mars, étendu en mai.")
    expect(fits(page).get_by_label("OPCO").locator(":checked")).to_have_text("AKTO")

    page.get_by_label("Dernier jour").fill("")
    page.get_by_label("Lien vers la source").fill("https://textes.example/avenant")
    page.get_by_role("button", name="Voir ce qui changerait").click()
    told = region(page, "Ce qui changerait pour le public")
    expect(told).to_contain_text("253 639 établissements déclarent ce code")
    expect(told).to_contain_text(re.compile(r"Aujourd’hui\s*Atlas \(déduit\)\s*AKTO \(certain\)"))
    expect(told).to_contain_text("Les réponses par SIRET ne changent pas")
    assert public.reload()
    assert public.get_by_role("main").inner_text() == before  # a preview is nothing but a preview
    fits(page).get_by_role("button", name="Enregistrer la décision").click()

    expect(page.get_by_text("Enregistré, et visible de tous dès maintenant")).to_be_visible()
    expect(page.get_by_text("Le public lit aujourd’hui : AKTO (certain)")).to_be_visible()
    fits(public).reload()
    expect(public.get_by_role("main")).to_contain_text("Avenant du 3 mars, étendu en mai.")
    expect(public.get_by_role("heading", level=1)).to_contain_text("AKTO")
    public.goto(CHANGELOG)
    expect(fits(public).get_by_role("main")).to_contain_text("Avenant du 3 mars, étendu en mai.")
    expect(public.get_by_role("main")).not_to_contain_text("camille", ignore_case=True)

    # The end is as easy as the beginning.
    fits(page).get_by_role("link", name="Terminer…").click()
    page.get_by_label("Motif").fill("L’avenant n’a pas été étendu.")
    fits(page).get_by_role("button", name="Voir ce qui changerait").click()
    expect(region(page, "Ce qui changerait pour le public")).to_contain_text(
        re.compile(r"Aujourd’hui\s*AKTO \(certain\)\s*Atlas \(déduit\)")
    )
    fits(page).get_by_role("button", name="Terminer la décision").click()
    expect(fits(page).get_by_text("Le public lit aujourd’hui : Atlas (déduit)")).to_be_visible()
    public.goto("/convention/1486/")
    assert public.get_by_role("main").inner_text() == before


# --------------------------------------------------------------------------------------------------------- conflicts
JUNE = {("1979", "AKTO"): 1000, ("1486", "ATLAS"): 100, ("0843", "OPCO EP"): 100}
JULY = JUNE | {("1486", "ATLAS"): 5, ("1486", "AKTO"): 95, ("0843", "OPCO EP"): 70, ("0843", "AKTO"): 30}


def decide(author: User) -> None:
    with correcting(author, reason="Accord de branche.") as draft:
        draft.source_url = "https://textes.example/accord"
        today = timezone.localdate()
        attachments.decide("1486", "atlas", today, None, draft.reason, draft.source_url, author)


def test_conflicts_of_a_new_vintage_are_settled_one_way_and_the_other(editor, publish, open_page):
    publish("202606", JUNE)
    decide(editor("camille"))
    publish("202607", JULY)
    page = open_page("/admin/")
    log_in(page, "camille")
    expect(page.get_by_role("heading", name="2 conflits à trancher")).to_be_visible()
    expect(fits(page).get_by_text("Atlas ici, AKTO dans la table (95 %)")).to_be_visible()

    # Ours is kept, once what each source says was read.
    page.get_by_role("link", name=SYNTEC).first.click()
    evidence = region(page, "Ce que dit chaque source")
    ours, theirs = (evidence.get_by_role("row", name=re.compile(f"^{name} ")) for name in ("Atlas", "AKTO"))
    expect(ours).to_contain_text("en vigueur")
    expect(ours).to_contain_text("5 %")
    expect(theirs).to_contain_text("95 %")
    address = page.url
    stale = page.context.new_page()  # the same page, left open in another tab
    stale.goto(address)
    way = region(page, "Garder notre réponse : Atlas")
    way.get_by_label("Dernier jour").fill(day(60))
    way.get_by_label("Pourquoi garder notre réponse").fill("La table se trompe de colonne.")
    fits(page).get_by_role("button", name="Garder notre réponse").click()
    expect(fits(page).get_by_text("IDCC 1486 : notre réponse est gardée")).to_be_visible()
    expect(page.get_by_role("link", name=SYNTEC)).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("^0843"))).to_be_visible()

    # Neither the button Back nor a tab that was left open does it again.
    page.go_back()
    expect(page.get_by_text("Notre réponse gardée jusqu’au")).to_be_visible()
    way = region(stale, "Accepter la table")
    way.get_by_label("Pourquoi accepter la table").fill("Vu trop tard.")
    way.get_by_role("button", name="Accepter la table").click()
    expect(stale.get_by_text("vient de changer")).to_be_visible()
    expect(stale.get_by_text("Atlas (certain)").first).to_be_visible()

    # The other is accepted, by somebody in a hurry.
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="1 conflit à trancher")).to_be_visible()
    page.get_by_role("link", name="Trancher les conflits").click()
    fits(page).get_by_role("link", name=re.compile("^0843")).click()
    expect(fits(page).get_by_text("La table n’a plus de majorité.")).to_be_visible()
    way = region(page, re.compile("^Accepter la table"))
    way.get_by_label("Pourquoi accepter la table").fill("La branche se partage.")
    way.get_by_role("button", name="Accepter la table").dblclick()
    expect(page.get_by_text(re.compile("la table est acceptée|vient de changer")).first).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_text("aucun conflit")).to_be_visible()
    settled = events_of(Conflict).filter(settled_at__isnull=False).order_by("pgh_id")
    assert list(settled.values_list("agreement", "state")) == [("1486", "kept"), ("0843", "accepted")]


# ------------------------------------------------------------------------------------------------ yesterday's import
@pytest.fixture
def imported(editor: Callable[[str], User]) -> Correction:
    """Several names that somebody imported yesterday."""
    reason = "Lexique de la branche."
    with correcting(editor("dominique"), Correction.Kind.IMPORT, reason=reason) as draft:
        for name in NAMES:
            AgreementName.objects.create(agreement_id="1486", name=name, kind=AgreementName.Kind.NAME)
    made = draft.made
    assert made
    with connection.cursor() as cursor:
        cursor.execute("UPDATE corrections_correction SET created_at = created_at - interval '1 day'")
    return made


def test_the_import_of_yesterday_is_undone_whole_and_the_undoing_too(editor, imported, open_page):
    editor("camille")
    page, public = open_page("/admin/"), open_page(f"/recherche/?q={NAMES[0]}")
    expect(public.get_by_role("main")).to_contain_text("1486")
    log_in(page, "camille")
    page.get_by_role("link", name="Corrections faites").click()
    row = fits(page).get_by_role("row").filter(has_text="Lexique de la branche.")
    expect(row).to_contain_text("import")
    expect(row).to_contain_text("dominique")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="5 objets modifiés")).to_be_visible()
    for name in NAMES:
        expect(region(page, "5 objets modifiés").get_by_text(name).first).to_be_visible()

    fits(page).get_by_role("link", name="Annuler les 5 changements…").click()
    undo = page.get_by_role("button", name="Annuler les 5 changements")
    undo.click()
    expect(page.get_by_label("Motif")).to_have_accessible_description(re.compile("Écrivez pourquoi"))
    page.get_by_label("Motif").fill("Ces mots ne sont pas ceux du métier.")
    fits(page)
    undo.click()
    expect(fits(page).get_by_role("heading", name="Retour en arrière")).to_be_visible()
    public.goto(f"/recherche/?q={NAMES[0]}")
    expect(public.get_by_role("main")).not_to_contain_text("1486")

    # What was undone says so, in the list as on its page; and undoing can be undone.
    page.get_by_role("link", name="Corrections faites").first.click()
    expect(row).to_contain_text("annulée")
    page.get_by_role("row").filter(has_text="Ces mots ne sont pas ceux du métier.").get_by_role(
        "link"
    ).first.click()
    page.get_by_role("link", name="Annuler les 5 changements…").click()
    page.get_by_label("Motif").fill("Si, le syndicat le confirme.")
    undo.click()
    expect(page.get_by_text("Enregistré, et visible de tous dès maintenant")).to_be_visible()
    public.goto(f"/recherche/?q={NAMES[0]}")
    expect(public.get_by_role("main")).to_contain_text("1486")
    public.goto(CHANGELOG)
    expect(public.get_by_role("main")).to_contain_text("Si, le syndicat le confirme.")
    expect(public.get_by_role("main")).not_to_contain_text("dominique", ignore_case=True)


# -------------------------------------------------------------------------------------------------- two at one time
def test_whoever_saves_second_is_told_what_the_first_wrote_and_saves_knowingly(editor, open_page):
    first, second = (open_page("/admin/branches/agreement/1486/change/") for _ in range(2))
    for page, name in ((first, "camille"), (second, "dominique")):
        editor(name)
        page.get_by_label("Nom d’utilisateur").fill(name)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Connexion").click()
        expect(page.get_by_label("Titre court")).to_be_visible()

    first.get_by_label("Titre court").fill("Études techniques")
    first.get_by_label("Champ", exact=True).fill("France entière")
    first.get_by_label("Motif").fill("Comme au Journal officiel.")
    first.get_by_role("button", name="Enregistrer").click()
    expect(first.get_by_text("Enregistré, et visible de tous dès maintenant")).to_be_visible()

    second.get_by_label("Titre court").fill("Bureaux d’études et conseil")
    second.get_by_label("Motif").fill("Plus court.")
    second.get_by_role("button", name="Enregistrer").click()
    told = fits(second).get_by_text("Pendant votre saisie")
    expect(told).to_contain_text("camille a modifié cette fiche")
    expect(told).to_contain_text("devenu « Études techniques »")
    expect(second.get_by_text("Votre saisie est conservée")).to_be_visible()
    expect(second.get_by_label("Titre court")).to_have_value("Bureaux d’études et conseil")
    expect(second.get_by_label("Champ", exact=True)).to_have_value("France entière")
    expect(second.get_by_label("Motif")).to_have_value("Plus court.")
    public = open_page("/convention/1486/")
    expect(public.get_by_role("heading", level=1)).to_contain_text(
        "Études techniques"
    )  # nothing was overwritten

    second.get_by_role("button", name="Enregistrer").click()
    expect(second.get_by_text("Enregistré, et visible de tous dès maintenant")).to_be_visible()
    public.reload()
    expect(public.get_by_role("heading", level=1)).to_contain_text("Bureaux d’études et conseil")
    second.get_by_role("link", name="Historique").first.click()
    history = fits(second).get_by_role("main")
    for seen in ("camille", "Comme au Journal officiel.", "dominique", "Plus court."):
        expect(history).to_contain_text(seen)
    second.get_by_role("button", name="Comparer").click()
    difference = region(second, "Ce qui distingue les deux versions")
    expect(difference).to_contain_text("Études techniques")
    expect(difference).to_contain_text("Bureaux d’études et conseil")
