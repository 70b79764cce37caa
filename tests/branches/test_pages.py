"""The public pages: where a query leads, what each page says, and how many queries it takes."""

import pytest
from django.urls import reverse

from branches.models import ActivityShare, Agreement, Attachment, VintagePair
from opco_portal.french import plain
from opco_portal.sync.models import DataVersion, Source
from tests.publications import publish, serve

pytestmark = pytest.mark.django_db

SIRET = "50103081100092"
ABSENT = "50103081100100"


def page(client, path, status=200):
    """The text of a page with ordinary spaces, so that tests read like sentences."""
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ").replace("&nbsp;", " ")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("501 030 811 00092", "/entreprise/50103081100092/"),
        ("FR 32 501030811", "/entreprise/501030811/"),
        ("idcc 1486", "/convention/1486/"),
        ("6201Z", "/activite/62.01Z/"),
    ],
)
def test_a_query_with_one_answer_goes_straight_to_it(client, typed, target):
    response = client.get(reverse("search"), {"q": typed})
    assert (response.status_code, response["Location"]) == (302, target)


def test_a_nickname_goes_to_its_agreement_and_keeps_the_way_back(client):
    response = client.get(reverse("search"), {"q": "syntec"}, follow=True)
    assert response.redirect_chain[0][0].startswith("/convention/1486/")
    assert "syntec" in response.content.decode()


def test_a_trade_is_checked_before_its_agreement_speaks(client):
    text = page(client, "/recherche/?q=coiffeur")
    assert 'href="/convention/2596/"' in text
    assert "Vérifiez sur un bulletin de paie" in text


def test_words_with_several_meanings_leave_the_choice(client):
    text = page(client, "/recherche/?q=salon de coiffure")
    assert 'href="/convention/2596/"' in text
    assert "Opco EP" in text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("5010308110009", "il en manque un"),
        ("50103081100093", "clé de contrôle"),
        ("0000", "n’existe ni dans la table"),
        ("zzzzzz", "Aucune convention ni activité"),
        ("brochure 3018", "numéro de brochure"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client, typed, said):
    text = page(client, f"/recherche/?q={typed}")
    assert said in text
    assert f'value="{typed}"' in text


def test_text_is_never_markup(client):
    text = page(client, "/recherche/?q=<script>alert(1)</script>")
    assert "<script>alert" not in text


def test_an_empty_query_goes_home(client):
    assert client.get("/recherche/?q=")["Location"] == "/"


def test_the_answer_gives_opco_confidence_reason_agreement_and_source(client):
    text = page(client, f"/entreprise/{SIRET}/")
    order = [
        text.index(">Atlas<"),
        text.index("Certain"),
        text.index("L’établissement figure dans la table officielle"),
        text.index("/convention/1486/"),
        text.index("juin 2026"),
    ]
    assert order == sorted(order)
    assert "myAtlas Entreprise" in text
    assert f"/preuve/{SIRET}/" in text


def test_overseas_the_manager_is_named(client):
    text = page(client, "/entreprise/44967140300011/")
    assert "AKTO gère les dossiers pour le compte d’OPCO 2i" in text


def test_a_known_establishment_without_opco_says_why(client):
    assert "ne lui donne aucun OPCO" in page(client, "/entreprise/19941033300017/")


def test_an_absent_siret_gets_causes_and_the_official_engine_filled_in(client):
    text = page(client, f"/entreprise/{ABSENT}/", 404)
    assert "ne prouve rien" in text
    assert "trois mois" in text
    assert f"francecompetences.fr/?siret={ABSENT}" in text


def test_once_the_whole_table_is_there_absence_is_not_blamed_on_the_sample(client):
    Source.objects.filter(code="siro").update(loaded_rows=3_671_884)
    DataVersion.bump()
    assert "ne prouve rien" not in page(client, f"/entreprise/{ABSENT}/", 404)


def test_a_wrong_number_in_the_address_is_explained(client):
    assert "14 chiffres" in page(client, "/entreprise/1234567890123/", 404)


def test_an_agreement_of_two_opcos_shows_both_with_their_shares(client):
    text = page(client, "/convention/8822/")
    assert "AKTO" in text
    assert "OCAPIAT" in text
    assert "77,8 %" in text
    assert "22,2 %" in text


@pytest.mark.parametrize(("idcc", "other"), [("1618", "Afdas"), ("3203", "OCAPIAT"), ("5531", "OPCO 2i")])
def test_sources_that_disagree_are_both_shown(client, idcc, other):
    text = page(client, f"/convention/{idcc}/")
    assert "ne disent pas la même chose" in text
    assert other in text


def test_a_stray_row_is_flagged_by_its_share(client):
    text = page(client, "/convention/1596/")
    assert "moins de 0,1 %" in text


def test_many_stray_rows_are_one(client):
    Attachment.objects.filter(agreement="1486", source="siro").delete()
    shares = {"atlas": 9_800, "akto": 120, "afdas": 50, "opco2i": 30}
    Attachment.objects.bulk_create(
        Attachment(
            agreement_id="1486", source="siro", opco_id=opco, establishments=count, share=count / 10_000
        )
        for opco, count in shares.items()
    )
    DataVersion.bump()
    text = page(client, "/convention/1486/")
    assert "3 autres OPCO" in text
    assert "200 établissements, 2 %" in text
    assert "sans doute des erreurs de déclaration" in text
    assert "lignes isolées" not in text
    assert text.count('href="/opco/afdas/"') == 1


def changed(idcc, before, after):
    """A vintage that changed the OPCOs of an agreement, and is served."""
    june = publish(vintage="juin 2026")
    july = publish(replaces=june)
    VintagePair.objects.bulk_create(
        VintagePair(run=run, idcc=idcc, opco=opco, establishments=count)
        for run, pairs in ((june, before), (july, after))
        for opco, count in pairs.items()
    )
    serve(july)
    return july


def test_what_the_vintage_being_served_changed_for_an_agreement(client, django_assert_num_queries):
    july = changed("1486", {"atlas": 950, "akto": 50, "afdas": 3}, {"atlas": 850, "akto": 150, "afdas": 3})
    text = page(client, "/convention/1486/")
    assert "Les changements de juillet 2026" in text
    assert "en juin 2026 puis en juillet 2026" in text
    assert "−100" in text
    assert "+100" in text
    assert f'href="{july.get_absolute_url()}etablissements/?q=1486"' in text
    with django_assert_num_queries(6):
        client.get("/convention/1486/")


@pytest.mark.parametrize("after", [{"atlas": 950}, {}])
def test_an_agreement_that_the_vintage_left_alone_says_nothing_of_it(client, after):
    changed("1486", after, after)
    assert "Les changements de" not in page(client, "/convention/1486/")


def test_a_first_vintage_changed_no_agreement(client):
    first = publish()
    VintagePair.objects.create(run=first, idcc="1486", opco="atlas", establishments=9)
    serve(first)
    assert "Les changements de" not in page(client, "/convention/1486/")


def test_a_title_of_the_dares_is_cited_with_its_vintage(client):
    Agreement.objects.filter(pk="1486").update(title_source="dares")
    Source.objects.filter(pk="agreements").update(vintage="novembre 2026")
    DataVersion.bump()
    assert "Suivi historique des conventions collectives</a>, novembre 2026" in page(
        client, "/convention/1486/"
    )


def test_the_home_page_says_what_an_opco_is(client):
    assert "L’OPCO est l’organisme agréé qui finance la formation" in page(client, "/")


def test_a_merged_agreement_links_to_its_successor(client):
    assert 'href="/convention/3248/"' in page(client, "/convention/0054/")


def test_an_escape_code_is_explained_with_what_was_declared(client):
    text = page(client, "/convention/9999/")
    assert "aucune convention collective" in text
    assert "49 433" in text


def test_an_agreement_without_title_says_so(client):
    assert "publié dans aucune liste officielle" in page(client, "/convention/0455/")


def test_an_activity_is_only_an_indication(client):
    text = page(client, "/activite/62.01Z/")
    assert "Indicatif" in text
    assert "36 établissements" in text


def test_an_activity_shows_the_agreements_of_its_employees(client, django_assert_max_num_queries):
    rows = [("1486", "0.5"), ("8822", "0.3"), ("0455", "0.1"), (None, "0.1")]
    ActivityShare.objects.bulk_create(
        ActivityShare(activity_id="62.01Z", agreement_id=idcc, share=share, employees=20_000)
        for idcc, share in rows
    )
    Source.objects.filter(pk="activities").update(vintage="2021", as_of="2021-12-31")
    DataVersion.bump()
    text = page(client, "/activite/62.01Z/")
    assert "Plusieurs OPCO, le plus souvent Atlas" in text
    assert "En 2021, 50 % des salariés" in text
    assert "20 000 salariés en 2021" in text
    assert text.index("/convention/1486/") < text.index("/convention/8822/") < text.index("/convention/0455/")
    assert "AKTO</a> ou <a" in text
    assert "selon le cas" in text
    assert "données 2021" in text
    assert "Conventions dont l’intitulé" not in text
    with django_assert_max_num_queries(2):
        client.get("/activite/62.01Z/")


def test_branches_explain_both_counts(client):
    text = page(client, "/branches/")
    assert "329" in text
    assert "333" in text


def test_branches_are_searched_without_accents_filtered_and_sorted(client):
    text = page(client, "/branches/?q=metallurgie")
    assert "métallurgie" in text.lower()
    response = client.get("/branches/?opco=afdas&tri=idcc")
    assert {branch.opco_id for branch in response.context["page"]} == {"afdas"}


def test_lists_are_sorted_as_people_read_them(client):
    titles = [branch.title for branch in client.get("/branches/").context["page"]]
    assert titles == sorted(titles, key=plain)


def test_an_opco_lists_its_agreements_filtered(client):
    text = page(client, "/opco/opco-ep/?q=coiffure")
    assert "2596" in text
    assert "0843" not in text


def test_pages_out_of_range_and_odd_parameters_do_not_break(client):
    for path in ("/branches/?page=999", "/branches/?page=x&tri=zz&opco=zz", "/opco/akto/?page=-1&q=%00'"):
        assert client.get(path).status_code == 200


def test_the_proof_has_the_date_the_source_and_the_vintage(client):
    text = page(client, f"/preuve/{SIRET}/")
    assert "501 030 811 00092" in text
    assert "juin 2026" in text
    assert "data.gouv.fr" in text
    assert client.get("/preuve/123/").status_code == 404


def test_suggestions_are_a_fragment_of_the_search_page(client):
    response = client.get("/recherche/?q=boul", headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "<html" not in text
    assert "/convention/0843/" in text
    assert "HX-Request" in response["Vary"]


def test_going_back_in_history_restores_the_whole_page(client):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/recherche/?q=crèche", headers=headers).content.decode()


def test_unknown_addresses_get_the_portals_own_page(client):
    assert "Portail OPCO" in page(client, "/nulle-part/", 404)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/", 1),
        (f"/entreprise/{SIRET}/", 3),
        ("/entreprise/501030811/", 3),
        ("/convention/1486/", 6),
        ("/activite/62.01Z/", 3),
        ("/recherche/?q=crèche", 2),
        ("/opco/", 2),
        ("/opco/opco2i/", 6),
        ("/branches/", 6),
        (f"/preuve/{SIRET}/", 2),
    ],
)
def test_pages_take_few_queries(client, path, count, django_assert_max_num_queries):
    client.get(path)  # the reference is in memory from here on
    with django_assert_max_num_queries(count):
        assert client.get(path).status_code == 200


def test_pages_set_no_cookie_and_forbid_inline_code(client):
    response = client.get(f"/entreprise/{SIRET}/")
    assert not response.cookies
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_a_correction_is_public_at_once(client):
    assert ">Atlas<" in page(client, "/convention/1486/")
    Attachment.objects.filter(agreement="1486", source="siro", opco="atlas").update(opco="akto")
    DataVersion.bump()
    assert ">AKTO<" in page(client, "/convention/1486/")
