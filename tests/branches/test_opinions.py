"""A second opinion on an establishment: what other engines say, what it means, and what is kept of it."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from branches.evidence import reference
from branches.models import Disagreement, Opco
from branches.opinions import opco_of
from branches.tasks import keep_disagreement
from opco_portal.celery import app
from opco_portal.counters import counters
from opco_portal.french import day
from opco_portal.upstream import memory
from tests.branches.test_pages import SIRET, page
from tests.upstreams import BAKERY, company, wait_for_answers

pytestmark = pytest.mark.django_db

PATH = f"/entreprise/{SIRET}/autres-moteurs/"
OFFICIAL = "https://quel-est-mon-opco.francecompetences.fr/?siret="
HTMX = {"HX-Request": "true"}


@pytest.fixture
def engines(france_competences, cfa_dock):
    """Both engines, which agree with the portal on SIRET."""
    return france_competences, cfa_dock


@pytest.fixture
def kept():
    """What is left to the worker is done at once."""
    app.conf.task_always_eager = True
    yield Disagreement.objects
    app.conf.task_always_eager = False


def opinions(client, siret=SIRET):
    """The page once every engine has answered."""
    page(client, f"/entreprise/{siret}/autres-moteurs/")
    wait_for_answers()
    return page(client, f"/entreprise/{siret}/autres-moteurs/")


def said(text, engine):
    """What the page says of one engine, as plain text."""
    (told,) = re.findall(rf"<dt>(?:<a [^>]*>)?{engine}(.*?)</div>", text, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", told)).split())


def today():
    return day(timezone.localdate()).replace("\u00a0", " ")


# ------------------------------------------------------------------------------------------------ what is compared
def test_agreement_is_told_quietly_with_the_date_of_each_answer(client, engines):
    text = opinions(client)
    assert said(text, "Ce portail").startswith("Donne Atlas. Table SIRET-OPCO, juin 2026")
    for engine in ("France compétences", "CFA Dock"):
        assert said(text, engine).startswith(f"Même OPCO Donne Atlas. Interrogé le {today()} à ")
    assert "À vérifier" not in text
    assert "Autre OPCO" not in text
    assert 'class="advice"' not in text


def test_disagreement_is_plain_with_what_to_do_and_both_dates(client, engines):
    for engine in engines:
        engine.gives("AKTO", idcc="1979")
    text = opinions(client)
    assert "À vérifier" in text
    assert "Les moteurs ne donnent pas le même OPCO" in text
    assert "juin 2026" in said(text, "Ce portail")
    official, other = said(text, "France compétences"), said(text, "CFA Dock")
    for told in (official, other):
        assert "Autre OPCO Donne AKTO. IDCC 1979. " in told
        assert f"Interrogé le {today()}" in told
        assert "Demandez confirmation à Atlas et à AKTO, avec le SIRET" in told
    assert "tient la table officielle" in official
    assert "n’est pas la source officielle" in other


def test_overseas_the_manager_is_the_same_answer(client, france_competences, cfa_dock):
    france_competences.gives("OPCO 2I", manager="AKTO")
    cfa_dock.gives("AKTO")
    text = opinions(client, "44967140300011")
    assert said(text, "France compétences").startswith("Même OPCO")
    assert said(text, "CFA Dock").startswith("Même OPCO")


@pytest.mark.parametrize(
    ("code", "label", "told"),
    [
        ("01", "N/C", "Connaît l’établissement, sans dire quel est son OPCO."),
        ("01", "", "Connaît l’établissement, sans dire quel est son OPCO."),
        ("02", "ATLAS", "Même OPCO Donne Atlas, qui revendique l’établissement."),
        ("03", "AKTO", "Autre OPCO Donne AKTO, d’après les seules déclarations."),
        ("99", "N/C", "Ne connaît pas cet établissement."),
    ],
)
def test_what_france_competences_answers(client, france_competences, code, label, told):
    france_competences.gives(label, code=code)
    assert said(opinions(client), "France compétences").startswith(told)


@pytest.mark.parametrize(
    ("status", "label", "told"),
    [
        ("ok", "Opco Atlas", "Donne Atlas."),
        ("OK", "N/C", "Connaît l’établissement, sans dire quel est son OPCO."),
        ("MULTIPLE_OPCO", None, "Trouve plusieurs OPCO possibles, sans trancher."),
        ("NOT_FOUND", None, "Ne connaît pas cet établissement."),
    ],
)
def test_what_cfa_dock_answers(client, cfa_dock, status, label, told):
    cfa_dock.gives(label, status=status)
    assert told in said(opinions(client), "CFA Dock")


@pytest.mark.parametrize(
    ("status", "told"),
    [(429, "Trop de demandes en ce moment"), (500, "Pas de réponse en ce moment"), (403, "Pas de réponse")],
)
def test_an_engine_that_does_not_answer_leaves_the_other_and_its_address(client, engines, status, told):
    engines[0].answers({}, status=status)
    text = opinions(client)
    assert told in said(text, "France compétences")
    assert "posez-lui la question directement" in text
    assert f'href="{OFFICIAL}{SIRET}"' in text
    assert said(text, "CFA Dock").startswith("Même OPCO")


def test_an_engine_that_breaks_its_contract_says_nothing(client, engines):
    engines[0].answers("<html>maintenance</html>")
    engines[1].answers({"searchStatus": "PEUT-ÊTRE", "opcoName": "ATLAS"})
    text = opinions(client)
    assert "Pas de réponse en ce moment" in said(text, "France compétences")
    assert "d’une façon que ce portail ne comprend pas" in said(text, "CFA Dock")


def test_an_old_answer_is_told_with_its_date(client, engines, monkeypatch):
    opinions(client)
    monkeypatch.setattr(memory, "FRESH", timedelta(0))
    for engine in engines:
        engine.answers("", status=500)
    text = opinions(client)
    assert "Même OPCO Donne Atlas. Ne répond pas en ce moment ; sa réponse du" in said(
        text, "France compétences"
    )


def test_without_key_or_address_there_are_links_and_nobody_is_asked(client, engines, settings):
    settings.FRANCE_COMPETENCES_KEY = settings.CFA_DOCK_API = ""
    text = opinions(client)
    assert text.count("Ce portail ne l’interroge pas : posez-lui la question") == 2
    assert f'href="{OFFICIAL}{SIRET}"' in text
    assert 'href="https://www.cfadock.fr/Home/SearchOpco"' in text
    assert "SIRET à recopier : 501 030 811 00092" in said(text, "CFA Dock")
    assert [engine.asked for engine in engines] == [[], []]


def test_the_key_and_the_number_travel_as_the_engines_want_them(client, engines):
    opinions(client)
    official, other = (engine.asked[0] for engine in engines)
    assert (official.path, official.headers["X-Gravitee-Api-Key"]) == (f"/siro/v1/public/{SIRET}", "secret")
    assert other.args.to_dict() == {"siret": SIRET}
    assert "X-Gravitee-Api-Key" not in other.headers


def test_an_unknown_name_is_told_as_it_is_and_logged_once(client, engines, caplog, monkeypatch):
    engines[0].gives("OPCA <b>DU SPECTACLE</b>")
    for _ in range(2):
        assert "« OPCA &lt;b&gt;DU SPECTACLE&lt;/b&gt; »" in opinions(client)
    assert [record.levelname for record in caplog.records if "unknown OPCO" in record.message] == ["WARNING"]


# ------------------------------------------------------------------------------------ beside an answer that is less
def test_an_opco_for_an_establishment_that_the_portal_has_none_for_is_to_be_checked(client, engines, kept):
    text = opinions(client, BAKERY)
    assert said(text, "Ce portail").startswith("Ne donne pas d’OPCO.")
    assert "Vérifiez auprès d’Atlas avant de déposer un dossier" in said(text, "CFA Dock")
    assert "Autre OPCO" not in text
    assert kept.count() == 0


def test_an_activity_is_no_ground_for_a_disagreement(client, engines, directory, kept):
    directory.knows(company(BAKERY))  # a bakery: most often Opco EP
    text = opinions(client, BAKERY)
    assert "Penche pour Opco EP, d’après l’activité seulement" in said(text, "Ce portail")
    assert "Vérifiez auprès d’Atlas" in said(text, "CFA Dock")
    assert "Autre OPCO" not in text
    assert kept.count() == 0


def test_a_deduced_answer_can_be_contradicted(client, engines, directory, kept):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1979"]}))
    text = opinions(client, BAKERY)
    own = said(text, "Ce portail")
    assert own.startswith("Déduit AKTO de l’IDCC 1979. Annuaire des entreprises, interrogé le")
    assert "Autre OPCO Donne Atlas" in said(text, "France compétences")
    assert "sa réponse l’emporte sur notre déduction" in said(text, "France compétences")
    assert {(row.opco_id, row.source) for row in kept.all()} == {("akto", "Annuaire des entreprises")}


def test_one_of_several_possible_opcos_is_no_disagreement(client, engines, directory, kept):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1979", "1486"]}))
    text = opinions(client, BAKERY)
    assert "Hésite entre AKTO et Atlas" in said(text, "Ce portail")
    assert "Parmi les OPCO possibles, c’est celui qu’il retient" in said(text, "CFA Dock")
    assert "Même OPCO" not in text


def test_an_opco_that_is_none_of_several_possible_ones_is_told_and_not_kept(client, engines, directory, kept):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1979", "0843"]}))
    text = opinions(client, BAKERY)
    assert "Demandez confirmation à AKTO, à Opco EP et à Atlas" in said(text, "CFA Dock")
    assert kept.count() == 0


def test_engines_that_contradict_each_other_are_told_even_beside_no_answer(client, engines):
    engines[1].gives("AKTO")
    text = opinions(client, BAKERY)
    assert "Les moteurs ne donnent pas le même OPCO" in text


def test_the_owner_is_compared_with_the_owner_where_an_engine_tells_both(client, engines, kept):
    """Overseas, AKTO manages for OPCO 2i: as the owner it is another answer."""
    engines[0].gives("AKTO")
    engines[1].gives("AKTO")
    text = opinions(client, "44967140300011")
    assert "Autre OPCO Donne AKTO" in said(text, "France compétences")
    assert said(text, "CFA Dock").startswith("Même OPCO")
    assert [row.engine for row in kept.all()] == ["france-competences"]


def test_the_owner_and_the_manager_from_two_engines_are_one_answer(client, engines):
    engines[0].gives("OPCO2I")
    engines[1].gives("AKTO")
    text = opinions(client, "44967140300011")
    assert text.count("Même OPCO") == 2
    assert "À vérifier" not in text


def test_an_answer_that_the_directory_has_yet_to_give_is_waited_for(
    client, engines, directory, gate, kept, settings
):
    settings.UPSTREAM_GLANCE = 0.2
    directory.knows(company(BAKERY, head={"liste_idcc": ["1979"]}))
    directory.answer = gate.held(directory.answer)
    part = client.get(f"/entreprise/{BAKERY}/autres-moteurs/", headers=HTMX).content.decode()
    assert 'aria-busy="true"' in part
    assert kept.count() == 0
    gate.open()
    wait_for_answers()
    part = client.get(f"/entreprise/{BAKERY}/autres-moteurs/", headers=HTMX).content.decode()
    assert "Déduit AKTO" in part
    assert "Autre OPCO" in part


def test_who_typed_a_number_learns_whose_it_is(client, engines, directory):
    directory.knows(company(SIRET, "ATELIERS DURAND"))
    part = client.get(PATH, headers=HTMX).content.decode()
    assert '<div id="company-card" hx-swap-oob="innerHTML">' in part
    assert "ATELIERS DURAND" in part


def test_a_head_request_keeps_nothing(client, engines, kept):
    engines[0].gives("AKTO")
    client.head(PATH)
    wait_for_answers()
    client.head(PATH)
    assert kept.count() == 0


# ----------------------------------------------------------------------------------------------- how names are read
LABELS = [
    ("afdas", ["AFDAS", "Afdas", "OPCO AFDAS", "afdas "]),
    ("akto", ["AKTO", "Akto", "OPCO AKTO", "AKTO Réseau"]),
    ("atlas", ["ATLAS", "Atlas", "Opco Atlas", "OPCO ATLAS"]),
    (
        "constructys",
        ["CONSTRUCTYS", "Constructys", "OPCO Constructys", "CONSTRUCTYS OPCO de la Construction"],
    ),
    ("ocapiat", ["OCAPIAT", "Ocapiat", "OPCO OCAPIAT"]),
    ("opco-ep", ["OPCO EP", "Opco EP", "OPCO-EP", "opcoep", "OPCO  EP"]),
    ("opco-mobilites", ["OPCO MOBILITES", "OPCO Mobilités", "Mobilités", "MOBILITÉS"]),
    ("opco-sante", ["OPCO SANTE", "OPCO Santé", "Opco santé", "SANTÉ"]),
    ("opco2i", ["OPCO2I", "OPCO 2i", "OPCO 2I", "opco2i", "2i"]),
    (
        "opcommerce",
        ["L'OPCOMMERCE", "L’Opcommerce", "OPCOMMERCE", "Opcommerce", "L' OPCOMMERCE", "LOPCOMMERCE"],
    ),
    (
        "uniformation",
        ["UNIFORMATION COHESION SOCIALE", "Uniformation", "UNIFORMATION", "Uniformation, Cohésion sociale"],
    ),
]


@pytest.mark.parametrize(("slug", "label"), [(slug, label) for slug, labels in LABELS for label in labels])
def test_every_way_of_writing_the_eleven_names_is_read(slug, label):
    assert opco_of(label, reference()).slug == slug


def test_the_labels_of_the_table_are_all_read():
    rows = {row.siro_label: row.slug for row in Opco.objects.all()}
    assert len(rows) == 11
    assert {label: opco_of(label, reference()).slug for label in rows} == rows


@pytest.mark.parametrize(
    "label", ["OPCO", "", " ", "OPCA", "L'", "l'opco", "OPCO 2", "Agefos PME", "N/C", "—", "Unifaf", "AFD"]
)
def test_what_names_none_of_the_eleven_is_not_taken_for_one(label):
    assert opco_of(label, reference()) is None


# -------------------------------------------------------------------------------------------------- what is kept
KEPT = [
    "id",
    "siret",
    "engine",
    "opco",
    "source",
    "vintage",
    "other",
    "said_at",
    "first_seen_at",
    "seen_at",
    "settled_at",
    "settled_by",  # of staff, who answer for it
    "note",
]


def test_a_disagreement_is_kept_with_its_sources_and_nothing_of_anybody(client, engines, kept):
    engines[1].gives("AKTO")
    before = timezone.now()
    opinions(client)
    row = kept.get()
    assert (row.siret, row.engine, row.opco_id, row.other_id) == (int(SIRET), "cfa-dock", "atlas", "akto")
    assert (row.source, row.vintage) == ("Table SIRET-OPCO", "juin 2026")
    assert before <= row.said_at <= row.first_seen_at <= timezone.now()
    assert [field.name for field in Disagreement._meta.get_fields()] == KEPT


def test_agreement_keeps_nothing(client, engines, kept):
    opinions(client)
    assert kept.count() == 0


def test_a_disagreement_is_sent_to_the_worker_once_a_day(client, engines):
    engines[1].gives("AKTO")
    for _ in range(3):
        opinions(client)
    assert counters.llen("celery") == 1


def test_a_disagreement_that_is_seen_again_is_the_same_row_with_a_new_date(client, engines, kept):
    told = {"siret": int(SIRET), "engine": "cfa-dock", "opco": "atlas", "other": "akto"}
    keep_disagreement(**told, said_at="2026-01-05T09:00:00+01:00", source="Table", vintage="mai 2026")
    kept.update(seen_at="2026-01-05T09:00:00+01:00", first_seen_at="2026-01-05T09:00:00+01:00")
    engines[1].gives("AKTO")
    opinions(client)
    row = kept.get()
    assert (row.vintage, row.first_seen_at.year) == ("juin 2026", 2026)
    assert row.first_seen_at < row.said_at <= row.seen_at
    assert timezone.now() - row.seen_at < timedelta(minutes=1)


def test_two_engines_are_two_disagreements(client, engines, kept):
    for engine in engines:
        engine.gives("AKTO")
    opinions(client)
    assert sorted(kept.values_list("engine", flat=True)) == ["cfa-dock", "france-competences"]


def test_a_broker_that_is_out_does_not_break_the_page(client, engines, caplog, broker_out):
    engines[1].gives("AKTO")
    assert "Autre OPCO Donne AKTO" in said(opinions(client), "CFA Dock")
    assert "was not kept" in caplog.text


@pytest.fixture
def broker_out(monkeypatch):
    """Messages go to a port where nobody listens."""
    nowhere = app.connection_for_write("redis://127.0.0.1:9/0")
    monkeypatch.setattr(app, "connection_for_write", lambda *args, **kwargs: nowhere)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)


class TestForStaff:
    LIST = "/admin/branches/disagreement/"

    @pytest.fixture(autouse=True)
    def row(self):
        keep_disagreement(
            siret=3895055600019,
            engine="cfa-dock",
            opco="opco-ep",
            other="akto",
            said_at="2026-11-05T09:00:00+01:00",
            source="Table SIRET-OPCO",
            vintage="juin 2026",
        )

    @pytest.fixture
    def staff(self, client):
        client.force_login(User.objects.create_superuser("camille"))
        return client

    def test_disagreements_are_listed_with_the_way_to_compare_them(self, staff):
        text = page(staff, self.LIST)
        assert "038 950 556 00019" in text
        for said in ("Opco EP", "AKTO", "CFA Dock", "juin 2026"):
            assert said in text
        assert 'href="/entreprise/03895055600019/autres-moteurs/"' in text

    @pytest.mark.parametrize("typed", ["03895055600019", "038 950 556 00019", "038950556", "3895055600019"])
    def test_they_are_found_by_their_number(self, staff, typed):
        assert "038 950 556 00019" in page(staff, f"{self.LIST}?q={typed}")

    def test_other_numbers_are_not_found(self, staff):
        assert "038 950 556 00019" not in page(staff, f"{self.LIST}?q={SIRET}")

    def test_they_can_be_read_and_not_written(self, staff):
        row = Disagreement.objects.get()
        assert "Table SIRET-OPCO" in page(staff, f"{self.LIST}{row.pk}/change/")
        assert staff.get(f"{self.LIST}add/").status_code == 403
        assert staff.post(f"{self.LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_nobody_else_sees_them(self, client):
        assert client.get(self.LIST).status_code == 302


# -------------------------------------------------------------------------------------------------- how it joins
@pytest.mark.parametrize("path", [f"/entreprise/{SIRET}/", "/entreprise/19941033300017/"])
def test_the_page_of_an_establishment_lets_it_join_and_asks_nobody_itself(client, engines, path):
    text = page(client, path)
    assert f'hx-get="{path}autres-moteurs/"' in text
    assert (
        f'<a rel="nofollow" href="{path}autres-moteurs/">Comparer avec France compétences et CFA Dock</a>'
        in text
    )
    assert [engine.asked for engine in engines] == [[], []]


def test_htmx_gets_the_part_and_others_the_whole_page(client, engines):
    engines[0].gives("AKTO")
    opinions(client)
    whole, part = client.get(PATH), client.get(PATH, headers=HTMX)
    assert "<html" in whole.content.decode()
    text = part.content.decode()
    assert "<html" not in text
    assert 'id="opinions"' in text
    assert "France compétences donne AKTO. <a" in text.replace(
        "\u00a0", " "
    )  # it is seen at once, and announced
    assert "HX-Request" in part["Vary"]


def test_what_is_on_its_way_is_asked_for_again_then_there(client, engines, gate):
    engines[1].answer = gate.held(engines[1].answer)
    text = page(client, PATH)
    assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in text
    assert "Réponse en cours…" in said(text, "CFA Dock")
    part = client.get(PATH, headers=HTMX).content.decode()
    assert f'hx-get="{PATH}"' in part
    assert 'id="opinions-status"' not in part
    gate.open()
    wait_for_answers()
    part = client.get(PATH, headers=HTMX).content.decode()
    assert "hx-get" not in part
    assert part.count("Même OPCO") == 2


def test_a_wrong_number_in_the_address_is_explained_and_nobody_is_asked(client, engines):
    text = page(client, "/entreprise/1234567890123/autres-moteurs/", 404)
    assert "14 chiffres" in text
    assert 'value="1234567890123"' in text
    assert [engine.asked for engine in engines] == [[], []]


def test_a_siren_is_sent_to_its_establishments(client, engines):
    response = client.get("/entreprise/501030811/autres-moteurs/")
    assert response.status_code == 404
    assert [engine.asked for engine in engines] == [[], []]


def test_it_takes_one_query(client, engines, django_assert_num_queries):
    opinions(client)
    with django_assert_num_queries(1):
        client.get(PATH)
