"""Companies found by their name, the one that is chosen, and what is deduced of those that the table lacks."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from stdnum import luhn

from opco_portal.french import day
from opco_portal.sync.models import DataVersion, Source
from opco_portal.upstream import memory
from tests.branches.test_pages import SIRET, page
from tests.upstreams import BAKERY, company, place, wait_for_answers

pytestmark = pytest.mark.django_db

CLOSED_PORT = "http://127.0.0.1:9"
HTMX = {"HX-Request": "true"}


def some(count):
    """So many companies, named by their place in the list."""
    found = []
    for number in range(count):
        siren = luhn.calc_check_digit(f"81{number:06}").join((f"81{number:06}", ""))
        siret = f"{siren}0001"
        found.append(company(siret + luhn.calc_check_digit(siret), f"DUPONT {number + 1:02}"))
    return found


def names(text):
    """The companies that a page lists, in its order."""
    listed = text[text.index('id="companies-title"') :]
    return re.findall(r'<h3><a href="/entreprise/[^"]*">([^<]*)</a>', listed)


def opco(text):
    """What a page with one company says of its OPCO."""
    (told,) = re.findall(r'<p class="opco">(.*?)</p>', text[text.index('id="companies-title"') :])
    return told


def fragment(client, path):
    response = client.get(path, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


# ------------------------------------------------------------------------------------------- found by their name
def test_companies_stand_beside_agreements_which_come_first(client, directory):
    directory.knows(company(BAKERY, "CRECHE LES PETITS PAS"))
    text = page(client, "/recherche/?q=crèche")
    assert text.index('id="agreements"') < text.index("CRECHE LES PETITS PAS")
    assert f'href="/entreprise/{BAKERY}/?nom=cr%C3%A8che"' in text
    assert "12 RUE DE LA REPUBLIQUE 69002 LYON" in text
    assert "Boulangerie et boulangerie-pâtisserie" in text
    assert "10 à 19 salariés" in text
    assert "1 établissement ouvert" in text


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (1, "1 entreprise<"),
        (1234, "1 234 entreprises<"),
        (10_000, "10 000 entreprises ou plus<"),
        (123_456, "123 456 entreprises<"),
    ],
)
def test_the_number_of_companies_is_the_whole_one(client, directory, total, said):
    directory.knows(company(BAKERY), total=total)
    text = page(client, "/recherche/?q=dupont lyon")
    assert said in text
    assert ("Ajoutez la ville" in text) is (total > 25)


def test_companies_go_on_page_after_page(client, directory):
    directory.knows(*some(30))
    text = page(client, "/recherche/?q=dupont+lyon")
    assert (len(names(text)), "30 entreprises" in text, "Page 1 sur 2" in text) == (25, True, True)
    assert 'href="/recherche/entreprises/?q=dupont+lyon&amp;page=2"' in text
    text = page(client, "/recherche/entreprises/?q=dupont+lyon&page=2")
    assert names(text) == [f"DUPONT {number}" for number in range(26, 31)]
    assert "?nom=dupont+lyon&amp;liste=2" in text  # what is chosen there leads back there
    assert 'href="/recherche/entreprises/?q=dupont+lyon&amp;page=1"' in text
    assert "Suivante" not in text


@pytest.mark.parametrize("number", ["0", "-1", "x", "١"])
def test_a_page_that_is_none_is_the_first(client, directory, number):
    directory.knows(*some(30))
    assert names(page(client, f"/recherche/entreprises/?q=dupont&page={number}"))[0] == "DUPONT 01"


def test_a_page_after_the_last_is_not_taken_for_a_name_that_nobody_has(client, directory):
    directory.knows(*some(30))
    response = client.get("/recherche/entreprises/?q=dupont&page=99")
    assert (response.status_code, response["Location"]) == (302, "/recherche/entreprises/?q=dupont&page=2")


def test_the_opco_is_the_one_of_the_table(client, directory):
    directory.knows(company(SIRET, head={"liste_idcc": ["1979"]}))
    assert opco(page(client, "/recherche/?q=dupont lyon")) == "Atlas"


@pytest.mark.parametrize(
    ("idccs", "said"),
    [
        (["1486"], "Atlas <small>d’après sa convention</small>"),
        (["1486", "3998"], "Atlas <small>d’après sa convention</small>"),
        (["8822"], "<small>Plusieurs OPCO possibles</small>"),
        (["1486", "1979"], "<small>Plusieurs OPCO possibles</small>"),
        (["9999"], "<small>Voir d’après l’activité</small>"),
        (None, "<small>Voir d’après l’activité</small>"),
    ],
)
def test_without_a_row_the_opco_is_the_one_of_the_agreements(client, directory, idccs, said):
    directory.knows(company(BAKERY, head={"liste_idcc": idccs}))
    assert opco(page(client, "/recherche/?q=dupont lyon")) == said


def test_other_establishments_of_a_company_can_be_chosen(client, directory):
    other = place(SIRET, adresse="3 QUAI DU PORT 13002 MARSEILLE")
    gone = place("50103081100100", etat_administratif="F", adresse="1 RUE FERMEE 59000 LILLE")
    head = place(BAKERY)
    directory.knows(
        company(BAKERY, matching_etablissements=[head, other, gone], nombre_etablissements_ouverts=2)
    )
    text = page(client, "/recherche/?q=dupont lyon")
    assert f'href="/entreprise/{SIRET}/?nom=dupont+lyon">3 QUAI DU PORT 13002 MARSEILLE</a> · Atlas' in text
    assert "LILLE" not in text
    assert 'href="/entreprise/810000018/?nom=dupont+lyon">Tous ses établissements' in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"etat_administratif": "C"}, ">Fermée<"),
        ({"head": {"etat_administratif": "F"}}, ">Établissement fermé<"),
    ],
)
def test_what_is_closed_is_marked(client, directory, values, said):
    directory.knows(company(BAKERY, **values))
    assert said in page(client, "/recherche/?q=dupont lyon")


def test_who_asked_not_to_be_shown_is_not(client, directory):
    hidden = {"adresse": "[NON-DIFFUSIBLE]", "libelle_commune": "[NON-DIFFUSIBLE]"}
    directory.knows(company(BAKERY, "[NON-DIFFUSIBLE]", head=hidden))
    text = page(client, "/recherche/?q=dupont lyon")
    assert names(text) == ["Nom non diffusé"]
    assert "Adresse non diffusée" in text
    assert "[NON-DIFFUSIBLE]" not in text


def test_a_company_of_which_little_is_told_is_listed_all_the_same(client, directory):
    directory.knows({"siren": "810000018", "nom_complet": "DUPONT"})
    text = page(client, "/recherche/?q=dupont lyon")
    assert names(text) == ["DUPONT"]
    assert 'href="/entreprise/810000018/?nom=dupont+lyon"' in text
    assert "Activité non publiée" in text
    assert "établissements non publiés" in text


def test_companies_answer_words_that_no_agreement_matches(client, directory):
    directory.knows(company(BAKERY))
    text = page(client, "/recherche/?q=zzzzzz")
    assert "Quelle est votre entreprise" in text
    assert names(text) == ["BOULANGERIE DUPONT"]
    assert "Aucune convention ni activité" not in text


def test_no_company_of_that_name_says_why_it_may_be_missing(client, directory):
    text = page(client, "/recherche/entreprises/?q=dupont")
    assert "Aucune entreprise de ce nom" in text
    assert "<b>Entreprise non diffusible</b> Certaines ont demandé" in text


def test_nothing_at_all_gives_both_reasons_and_keeps_what_was_typed(client, directory):
    text = page(client, "/recherche/?q=zzzzzz")
    assert "Rien trouvé pour « zzzzzz »" in text
    assert "Aucune convention ni activité" in text
    assert "Aucune entreprise de ce nom" in text
    assert 'value="zzzzzz"' in text


# ----------------------------------------------------------------------------------- while it does not answer
@pytest.fixture(params=["failing", "unreachable"])
def down(request, directory, settings):
    """The directory is down, in one way or another."""
    directory.answers("", status=500)
    if request.param == "unreachable":
        settings.COMPANIES_API = CLOSED_PORT


@pytest.mark.usefixtures("down")
class TestDown:
    def test_agreements_are_there_and_a_sentence_says_what_else_to_try(self, client):
        text = page(client, "/recherche/?q=crèche")
        assert 'id="agreements"' in text
        (said,) = re.findall(r"<p>(L’annuaire des entreprises ne répond pas[^§]*?)</p>", text)
        assert "SIRET" in said
        assert "IDCC" in said
        assert 'href="/recherche/entreprises/?q=cr%C3%A8che"' in said

    def test_words_that_match_nothing_are_not_said_to_be_no_company(self, client):
        text = page(client, "/recherche/?q=zzzzzz")
        assert "L’annuaire des entreprises ne répond pas" in text
        assert "Aucune entreprise de ce nom" not in text

    def test_the_page_of_companies_says_it_too(self, client):
        assert "ne répond pas en ce moment" in page(client, "/recherche/entreprises/?q=dupont&page=3")

    def test_an_establishment_of_the_table_is_answered_all_the_same(self, client):
        text = page(client, f"/entreprise/{SIRET}/?nom=dupont")
        assert ">Atlas<" in text
        assert "Changer" in text

    def test_an_absent_siret_keeps_its_causes_and_one_sentence(self, client):
        text = page(client, f"/entreprise/{BAKERY}/?nom=dupont", 404)
        assert text.count("ne répond pas en ce moment") == 1
        assert "Première paie récente" in text
        assert f"francecompetences.fr/?siret={BAKERY}" in text
        assert "ne le connaît pas" not in text  # nobody could say so


def test_too_many_questions_ask_for_patience(client, directory):
    directory.answers({"erreur": "trop"}, status=429, Retry_After="7")
    text = page(client, "/recherche/?q=crèche")
    assert "Trop de recherches d’entreprises en ce moment" in text
    assert 'id="agreements"' in text
    assert "très demandé en ce moment" in page(client, f"/entreprise/{BAKERY}/", 404)
    assert len(directory.asked) == 1  # and it is left alone


def test_an_old_answer_stands_in_with_its_date(client, directory, monkeypatch):
    directory.knows(company(BAKERY))
    page(client, "/recherche/?q=dupont lyon")
    monkeypatch.setattr(memory, "FRESH", timedelta(0))
    directory.answers("", status=500)
    text = page(client, "/recherche/?q=dupont lyon")
    assert f"voici sa réponse du {day(timezone.localdate())}".replace("\u00a0", " ") in text
    assert names(text) == ["BOULANGERIE DUPONT"]


def test_a_fresh_answer_is_not_asked_for_again(client, directory):
    directory.knows(company(BAKERY))
    for words in ("Dupont  Lyon", "dupont lyon"):
        page(client, f"/recherche/?q={words}")
    assert len(directory.asked) == 1


class TestOnItsWay:
    @pytest.fixture(autouse=True)
    def held(self, directory, gate, settings):
        """The directory knows a bakery and says so when the gate opens; pages do not wait for it."""
        directory.knows(company(BAKERY, head={"liste_idcc": ["1486"]}))
        directory.answer = gate.held(directory.answer)
        settings.UPSTREAM_GLANCE = 0

    def test_the_page_does_not_wait_and_says_how_the_companies_join(self, client):
        text = page(client, "/recherche/?q=crèche")
        assert 'id="agreements"' in text
        assert "Recherche dans l’annuaire des entreprises…" in text
        assert 'hx-get="/recherche/entreprises/?q=cr%C3%A8che"' in text
        assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in text
        assert "Aucune entreprise" not in text

    def test_words_that_match_nothing_are_not_given_up_yet(self, client):
        assert "Rien trouvé" not in page(client, "/recherche/?q=zzzzzz")

    def test_the_fragment_waits_too_then_has_the_list(self, client, gate):
        path = "/recherche/entreprises/?q=dupont"
        page(client, path)
        text = fragment(client, path)
        assert "<html" not in text
        assert 'hx-get="/recherche/entreprises/?q=dupont"' in text
        assert 'id="companies-status"' not in text  # there is nothing to announce yet
        gate.open()
        wait_for_answers()
        text = fragment(client, path)
        assert names(text) == ["BOULANGERIE DUPONT"]
        assert "hx-get" not in text
        assert "aria-busy" not in text
        assert "1\u00a0entreprise trouvée</p>" in text

    def test_no_two_pages_ask_the_same(self, client, gate, directory):
        for _ in range(3):
            page(client, "/recherche/?q=dupont")
        gate.open()
        wait_for_answers()
        assert len(directory.asked) == 1

    def test_an_absent_siret_is_not_lost_yet_then_deduced_in_place(self, client, gate):
        path = f"/entreprise/{BAKERY}/?nom=dupont"
        text = page(client, path)
        assert "Nous cherchons sa convention" in text
        assert f'hx-get="{path}"' in text
        assert '<meta http-equiv="refresh" content="1">' in text
        assert 'id="opinions"' not in text  # it would be asked twice
        gate.open()
        wait_for_answers()
        text = fragment(client, path)
        assert ">Atlas<" in text
        assert 'id="contenu"' in text  # HTMX takes what is in it

    def test_an_absent_siret_that_stays_so_is_shown_in_place_too(self, client, gate, directory):
        directory.knows()
        directory.answer = gate.held(directory.answer)
        page(client, f"/entreprise/{BAKERY}/")
        gate.open()
        wait_for_answers()
        # an error status would be left aside by HTMX
        assert "ne le connaît pas non plus" in fragment(client, f"/entreprise/{BAKERY}/")


# ----------------------------------------------------------------------------------------- who is asked, and when
@pytest.mark.parametrize(
    "typed",
    [SIRET, "501 030 811", "FR 32 501030811", "idcc 1486", "6201Z", "5010308110009", "0000", "zz", "a.b"],
)
def test_numbers_and_two_letters_are_never_searched_as_names(client, directory, typed):
    client.get("/recherche/", {"q": typed})
    assert directory.asked == []


def test_a_name_of_two_letters_says_how_many_it_takes(client, directory):
    text = page(client, "/recherche/entreprises/?q=zz")
    assert "au moins trois lettres" in text
    assert 'value="zz"' in text


def test_the_exact_name_of_an_agreement_asks_nobody(client, directory):
    assert client.get("/recherche/?q=syntec").status_code == 302
    assert directory.asked == []


def test_every_meaning_of_it_can_be_asked_for(client, directory):
    directory.knows(company(BAKERY, "SYNTEC"))
    text = page(client, "/recherche/?q=syntec&tout=1")
    assert names(text) == ["SYNTEC"]
    assert 'href="/convention/1486/"' in text
    assert directory.asked[0].args["q"] == "syntec"


def test_suggestions_offer_the_search_of_a_name_and_ask_nobody(client, directory):
    text = fragment(client, "/recherche/?q=boulangerie dup")
    assert 'href="/recherche/?q=boulangerie%20dup&amp;tout=1#companies"' in text
    assert "Chercher une entreprise" not in fragment(client, f"/recherche/?q={SIRET}")
    assert "Chercher une entreprise" not in fragment(client, "/recherche/?q=bo")
    assert directory.asked == []


TYPED = """L'Épi d’or & fils "2000" """.strip()


@pytest.mark.parametrize("path", ["/recherche/", "/recherche/entreprises/"])
@pytest.mark.parametrize("status", [200, 500])
def test_nothing_that_was_typed_is_lost(client, directory, path, status):
    if status == 500:
        directory.answers("", status=500)
    text = client.get(path, {"q": f" {TYPED} "}).content.decode()
    (value,) = re.findall(r'<input id="q" name="q" type="text" value="([^"]*)"', text)
    assert html.unescape(value) == TYPED
    assert directory.asked[0].args["q"] == TYPED


def test_what_the_directory_and_people_write_is_never_markup(client, directory):
    evil = "<script>alert(1)</script>"
    directory.knows(company(BAKERY, evil, head={"adresse": evil, "liste_idcc": ["1486"]}))
    paths = (
        f"/recherche/?q=zzzzzz{evil}",
        f"/recherche/entreprises/?q={evil}",
        f"/entreprise/{BAKERY}/?nom={evil}",
        "/entreprise/810000018/",
        f"/convention/1486/?entreprise={BAKERY}&nom={evil}",
    )
    for path in paths:
        text = page(client, path)
        assert "<script>alert" not in text, path
        assert "&lt;script&gt;alert" in text, path


def test_an_empty_name_goes_home(client):
    assert client.get("/recherche/entreprises/?q=+")["Location"] == "/"


class TestWithoutADirectory:
    """COMPANIES_API is empty, as the tests have it unless they say otherwise."""

    def test_companies_are_not_spoken_of(self, client):
        assert 'id="companies"' not in page(client, "/recherche/?q=crèche")
        assert 'id="companies"' not in page(client, "/recherche/?q=zzzzzz")
        assert "Chercher une entreprise" not in fragment(client, "/recherche/?q=boulang")

    def test_their_page_gives_way_to_the_other_meanings_of_the_words(self, client):
        response = client.get("/recherche/entreprises/?q=cr%C3%A8che")
        assert (response.status_code, response["Location"]) == (302, "/recherche/?q=cr%C3%A8che")

    def test_an_absent_siret_has_its_causes_alone(self, client):
        text = page(client, f"/entreprise/{BAKERY}/", 404)
        assert "Première paie récente" in text
        assert "non diffusible" not in text
        assert "ne répond pas" not in text


# ------------------------------------------------------------------------------------------------- the chosen one
def chosen(text):
    """What the page says of the company that was chosen, as text, and where « Changer » leads."""
    (section,) = re.findall(r'<section class="chosen".*?</section>', text, re.S)
    links = re.findall(r'href="([^"]*)">Changer', section)
    return " ".join(re.sub(r"<[^>]+>", " ", section).split()), html.unescape(links[0]) if links else ""


def test_the_chosen_company_is_named_with_the_way_back(client, directory):
    directory.knows(company(SIRET, "CABINET DURAND", head={"activite_principale": "62.01Z"}))
    page(client, "/recherche/?q=durand lyon")
    said, back = chosen(page(client, f"/entreprise/{SIRET}/?nom=durand+lyon"))
    assert said.startswith("CABINET DURAND 12 RUE DE LA REPUBLIQUE 69002 LYON · SIRET 501 030 811 00092")
    assert "NAF 62.01Z · 10 à 19 salariés" in said
    assert back == "/recherche/?q=durand%20lyon&tout=1"
    assert len(directory.asked) == 1  # nobody is asked again


def test_the_way_back_leads_to_the_page_that_it_was_on(client, directory):
    directory.knows(*some(30))
    page(client, "/recherche/entreprises/?q=dupont&page=2")
    siret = some(30)[28]["siege"]["siret"]
    said, back = chosen(page(client, f"/entreprise/{siret}/?nom=dupont&liste=2"))
    assert said.startswith("DUPONT 29")
    assert back == "/recherche/entreprises/?q=dupont&page=2"


def test_a_choice_that_was_not_searched_here_is_asked_for_by_its_number(client, directory):
    directory.knows(company(SIRET, "CABINET DURAND"))
    said, _ = chosen(page(client, f"/entreprise/{SIRET}/?nom=durand"))
    assert said.startswith("CABINET DURAND")
    assert directory.asked[0].args["q"] == SIRET


def test_a_choice_that_is_forgotten_keeps_its_number_and_the_way_back(client, directory):
    said, back = chosen(page(client, f"/entreprise/{SIRET}/?nom=durand"))
    assert said.startswith("Entreprise choisie SIRET 501 030 811 00092")
    assert back == "/recherche/?q=durand&tout=1"


def test_a_closed_choice_says_so(client, directory):
    directory.knows(company(SIRET, head={"etat_administratif": "F"}))
    page(client, "/recherche/?q=dupont lyon")
    assert "Établissement fermé" in chosen(page(client, f"/entreprise/{SIRET}/?nom=dupont lyon"))[0]


def test_a_number_that_was_typed_is_no_choice(client, directory):
    assert 'class="chosen"' not in page(client, f"/entreprise/{SIRET}/")


def test_the_table_answers_first_whatever_the_directory_says(client, directory):
    directory.knows(company(SIRET, "CABINET DURAND", head={"liste_idcc": ["1979"]}))
    page(client, "/recherche/?q=durand lyon")
    text = page(client, f"/entreprise/{SIRET}/?nom=durand lyon")
    assert '<span class="name">Atlas</span>' in text
    assert ">Certain<" in text
    assert "AKTO" not in text
    assert "1979" not in text


def test_the_company_goes_on_to_its_agreement(client, directory):
    directory.knows(company(SIRET, "CABINET DURAND", head={"activite_principale": "62.01Z"}))
    page(client, "/recherche/?q=durand lyon")
    text = page(client, f"/entreprise/{SIRET}/?nom=durand lyon")
    (link,) = re.findall(r'<dt>Convention</dt><dd><a href="([^"]*)"', text)
    address = html.unescape(link)
    assert address == f"/convention/1486/?entreprise={SIRET}&effectif=11&naf=62.01Z&nom=durand+lyon"
    said, back = chosen(page(client, address))
    assert said.startswith("CABINET DURAND")
    assert back == "/recherche/?q=durand%20lyon&tout=1"


def test_an_agreement_tells_what_its_address_knows_of_a_forgotten_company(client, directory):
    said, back = chosen(page(client, f"/convention/1486/?entreprise={SIRET}&effectif=12&naf=6201z"))
    assert said == "Entreprise choisie SIRET 501 030 811 00092 · NAF 62.01Z · 20 à 49 salariés"
    assert back == ""


def test_a_company_keeps_its_name_on_the_page_of_all_its_establishments(client, directory):
    directory.knows(company(SIRET, "CABINET DURAND"))
    page(client, "/recherche/?q=durand lyon")
    said, back = chosen(page(client, "/entreprise/501030811/?nom=durand lyon"))
    assert said.startswith("CABINET DURAND SIREN 501 030 811")
    assert back == "/recherche/?q=durand%20lyon&tout=1"


@pytest.mark.parametrize("odd", ["entreprise=123", "entreprise=", "entreprise=<b>", "nom=durand"])
def test_an_address_that_names_no_company_shows_none(client, directory, odd):
    assert 'class="chosen"' not in page(client, f"/convention/1486/?{odd}")


def test_odd_values_in_an_address_are_left_aside(client, directory):
    odd = f"entreprise={SIRET}&effectif=NN&naf=zz&liste=x&nom={'é' * 500}"
    said, back = chosen(page(client, f"/convention/1486/?{odd}"))
    assert "NAF" not in said
    assert "salarié" not in said
    assert back.count("%C3%A9") == 200


# ----------------------------------------------------------------------------------------- absent from the table
def absent(client, directory, siret=BAKERY, status=200, **values):
    """The page of an establishment that the table lacks and the directory tells so."""
    directory.knows(company(siret, **values))
    return page(client, f"/entreprise/{siret}/", status)


def confidences(text):
    return re.findall(r'<span class="tag tag-(?:certain|deduced|probable|indicative)">(\w+)</span>', text)


def test_one_agreement_is_deduced(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["1486"]})
    assert '<span class="name">Atlas</span>' in text
    assert confidences(text) == ["Déduit"]
    assert "attribue à cet établissement l’IDCC 1486" in text
    assert "BOULANGERIE DUPONT" in text
    assert "Annuaire des entreprises</a>, interrogé le" in text
    assert f'href="/convention/1486/?entreprise={BAKERY}&amp;effectif=11&amp;naf=10.71C"' in text
    assert f"francecompetences.fr/?siret={BAKERY}" in text
    assert "/preuve/" not in text  # what is deduced is no proof


def test_once_the_whole_table_is_there_a_deduction_is_not_blamed_on_the_sample(client, directory):
    assert "n’a chargé qu’un extrait" in absent(client, directory, head={"liste_idcc": ["1486"]})
    Source.objects.filter(code="siro").update(loaded_rows=3_671_884)
    DataVersion.bump()
    text = absent(client, directory, head={"liste_idcc": ["1486"]})
    assert "n’est pas dans la table officielle de juin 2026" in text
    assert "n’a chargé qu’un extrait" not in text


def test_several_agreements_are_all_shown_and_left_to_the_payslip(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["1486", "1979"]})
    assert "2 conventions lui sont attribuées" in text
    assert "bulletin de paie" in text
    for idcc, name in (("1486", "Atlas"), ("1979", "AKTO")):
        assert re.search(
            rf'(?s)href="/convention/{idcc}/\?entreprise={BAKERY}((?!<li).)*?<p class="opco">{name}</p>', text
        )


def test_several_agreements_of_one_opco_give_it_and_both(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["1486", "2543"]})
    assert '<span class="name">Atlas</span>' in text
    assert 'href="/convention/1486/' in text
    assert 'href="/convention/2543/' in text


def test_an_agreement_of_several_opcos_leaves_the_choice(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["8822"]})
    assert "Sa convention mène à plusieurs OPCO" in text
    assert "AKTO ou OCAPIAT" in text
    assert confidences(text) == ["Probable"]


def test_an_agreement_of_the_whole_company_is_only_probable(client, directory):
    text = absent(client, directory, complements={"liste_idcc": ["1486"]})
    assert '<span class="name">Atlas</span>' in text
    assert confidences(text) == ["Probable"]
    assert "attribue à l’entreprise l’IDCC 1486" in text


def test_without_an_agreement_the_activity_gives_an_indication(client, directory):
    text = absent(client, directory)
    assert "D’après son activité, l’OPCO est le plus souvent" in text
    assert '<span class="name">Opco EP</span>' in text
    assert confidences(text) == ["Indicatif"]
    assert "(10.71C)" in text
    assert "/convention/" not in text


def test_a_code_that_is_no_agreement_leaves_the_word_to_the_activity(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["9999"]})
    assert confidences(text) == ["Indicatif"]
    assert "Le code 9999 veut dire" in text


def test_an_agreement_that_the_portal_does_not_know_is_said(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["3998"]})
    assert confidences(text) == ["Indicatif"]
    assert "L’IDCC 3998, déclaré par l’établissement, n’est pas encore dans notre référentiel" in text


def test_a_closed_establishment_is_said_to_be(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["1486"], "etat_administratif": "F"})
    assert "cet établissement est fermé" in text
    assert "Établissement fermé" in chosen(text)[0]


def test_a_company_that_tells_nothing_useful_keeps_the_causes(client, directory):
    head = {"activite_principale": "47.78C", "liste_idcc": ["3998"], "etat_administratif": "F"}
    text = absent(client, directory, status=404, head=head)
    assert "cet établissement est fermé" in text
    assert "L’IDCC 3998, déclaré par l’établissement, n’est pas encore" in text
    assert "Voici ce que suggère l’activité" not in text
    assert "connaît l’entreprise (<strong>BOULANGERIE DUPONT</strong>)" in text
    assert "sans convention ni activité qui mène à un OPCO" in text
    assert "Première paie récente" in text


def test_a_number_that_nobody_knows_may_be_one_that_is_not_shown(client, directory):
    text = page(client, f"/entreprise/{BAKERY}/", 404)
    assert "ne le connaît pas non plus" in text
    assert "Entreprise non diffusible" in text
    assert "Première paie récente" in text


def test_what_the_search_told_is_not_asked_again(client, directory):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1486"]}))
    page(client, "/recherche/?q=dupont lyon")
    text = page(client, f"/entreprise/{BAKERY}/?nom=dupont lyon")
    assert '<span class="name">Atlas</span>' in text
    assert len(directory.asked) == 1


def test_an_old_search_does_not_answer_for_a_directory_that_is_up(client, directory, monkeypatch):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1486"]}))
    page(client, "/recherche/?q=dupont lyon")
    monkeypatch.setattr(memory, "FRESH", timedelta(0))
    directory.knows(company(BAKERY, head={"liste_idcc": ["1979"]}))
    assert '<span class="name">AKTO</span>' in page(client, f"/entreprise/{BAKERY}/?nom=dupont lyon")


def test_an_agreement_that_leads_nowhere_leaves_the_choice(client, directory):
    text = absent(client, directory, head={"liste_idcc": ["0843", "0014"]})
    assert "Laquelle figure sur le bulletin de paie" in text
    assert "À préciser" in text
    assert 'href="/convention/0014/' in text
    assert "OPCO non publié" in text


def test_what_arrives_at_the_second_look_names_the_company(client, directory):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1486"]}))
    text = page(client, f"/entreprise/{BAKERY}/?nom=dupont lyon")
    assert chosen(text)[0].startswith("BOULANGERIE DUPONT")
    assert "10 à 19 salariés" in text


def test_robots_are_kept_from_what_makes_the_portal_ask(client):
    rules = client.get("/robots.txt").content.decode()
    assert "Disallow: /recherche/" in rules
    assert "autres-moteurs" in rules


def test_siblings_that_the_table_has_are_offered(client, directory):
    text = absent(client, directory, siret="50103081100100", head={"liste_idcc": ["1979"]})
    assert '<span class="name">AKTO</span>' in text
    assert 'href="/entreprise/501030811/">1 établissement</a> : 1 chez Atlas' in text


def test_a_company_that_the_table_lacks_lists_what_the_directory_knows(client, directory):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1486"]}, complements={"liste_idcc": ["1486"]}))
    text = page(client, "/entreprise/810000018/")
    assert "l’OPCO de cette entreprise est" in text
    assert confidences(text) == ["Probable"]
    assert f'<a href="/entreprise/{BAKERY}/">' in text
    assert 'id="opinions"' not in text  # other engines answer an establishment


def test_an_unknown_company_gets_causes(client, directory):
    text = page(client, "/entreprise/810000018/", 404)
    assert "SIREN" in text
    assert "ne le connaît pas non plus" in text


# -------------------------------------------------------------------------------------------------------- queries
@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/recherche/?q=boulangerie&tout=1", 3),
        ("/recherche/entreprises/?q=boulangerie", 2),
        (f"/entreprise/{SIRET}/?nom=dupont", 2),
        (f"/entreprise/{BAKERY}/?nom=dupont", 2),
        ("/entreprise/810000018/?nom=dupont", 2),
        (f"/convention/1486/?entreprise={BAKERY}", 5),
    ],
)
def test_these_pages_take_few_queries(client, directory, path, count, django_assert_num_queries):
    directory.knows(company(BAKERY, head={"liste_idcc": ["1486"]}), *some(20))
    client.get(path)  # the reference and the answers are in memory from here on
    with django_assert_num_queries(count):
        assert client.get(path).status_code == 200
