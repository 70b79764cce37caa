"""The pages of an estimate: the form, the result and its reasons, other values, and how many queries they take."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from financing.forms import CourseForm, ProjectForm

pytestmark = pytest.mark.django_db

COURSE = {"personnes": "2", "heures": "21", "cout": "2800"}
ATLAS = {"idcc": "1486", "salaries": "23"}
HTMX = {"HX-Request": "true"}


def address(**asked):
    return f"/financements/?{urlencode(COURSE | asked)}"


def text_of(response):
    """What a page says, with ordinary spaces and without its tags."""
    text = response.content.decode().replace("&nbsp;", " ").replace("&#8239;", " ")
    text = re.sub(r"<[^>]+>", " ", text.replace("\u00a0", " ").replace("\u202f", " "))
    return re.sub(r"\s+", " ", text)


def page(client, path, **options):
    response = client.get(path, **options)
    assert response.status_code == 200
    return text_of(response)


# ------------------------------------------------------------------------------------------------ the form
def test_the_form_says_what_it_is_for_and_how_much_the_portal_knows(client):
    text = page(client, "/financements/")
    assert "Que peut financer votre OPCO" in text
    assert "règles de 11 OPCO" in text
    assert "l’OPCO décide" in text


def test_every_field_has_a_label_and_its_explanation(client):
    html = client.get("/financements/").content.decode()
    for name in CourseForm.base_fields:
        assert f'for="id_{name}"' in html


def test_a_company_that_was_looked_up_fills_the_form_in(client):
    html = client.get("/financements/?opco=atlas&idcc=1486&siret=50103081100092").content.decode()
    assert '<option value="atlas" selected>' in html
    assert 'value="1486"' in html
    assert 'value="50103081100092"' in html
    assert "À corriger" not in html


def test_the_class_of_the_directory_is_a_hint_and_not_an_answer(client):
    response = client.get("/financements/?opco=atlas&entreprise=50103081100092&effectif=12")
    assert "20 à 49 salariés d’après l’annuaire." in text_of(response)
    assert not response.context["form"]["salaries"].value()
    assert '<input type="hidden" name="effectif" value="12">' in response.content.decode()


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/entreprise/50103081100092/", "?opco=atlas&amp;idcc=1486&amp;siret=50103081100092"),
        ("/convention/1979/", "?opco=akto&amp;idcc=1979"),
        ("/opco/uniformation/", "?opco=uniformation"),
        ("/", ""),
    ],
)
def test_the_answers_lead_to_it(client, path, link):
    assert f'href="/financements/{link}"' in client.get(path).content.decode()


def test_what_is_wrong_is_said_beside_its_field_and_stays(client):
    response = client.get(address(cout="beaucoup", nuits="x", idcc="1486"))
    html = response.content.decode()
    assert 'value="beaucoup"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_cout_error">Écrivez un nombre' in html
    assert '<details class="disclosure" open>' in html
    assert "2 réponses sont à corriger" in text_of(response)


def test_an_unknown_agreement_is_an_error_of_its_field(client):
    assert "n’est pas connu" in page(client, address(idcc="0001"))


def test_blanks_leave_the_address(client):
    response = client.get("/financements/?opco=atlas&idcc=&cout=2800&transport=+&personnes=2")
    assert response["Location"] == "/financements/?opco=atlas&cout=2800&personnes=2"


# ------------------------------------------------------------------------------------------------ the result
def test_the_result_answers_what_is_paid_what_is_left_and_why(client):
    text = page(client, address(**ATLAS))
    assert "2 800 € de formation pour deux personnes" in text
    assert "Atlas · IDCC 1486" in text
    assert "Plan de développement des compétences" in text
    assert "Il vous reste 0 €" in text
    assert "Il restera 200 € sur 3 000 €" in text
    assert "Plafond atteint : 800 € non financés" in text
    assert re.search(r"vérifiés (?:le|entre le) 5 octobre 2026", text)
    assert "Pourquoi pas les autres" in text
    assert "Réservé aux entreprises de moins de 11 salariés" in text
    assert "l’OPCO décide" in text


def test_each_figure_leads_to_its_page(client):
    response = client.get(address(**ATLAS))
    html = response.content.decode()
    for shown in response.context["options"]:
        for rule in shown.option.rules:
            assert f'href="{rule.source}"' in html


def test_what_is_missing_leads_to_its_field(client):
    html = client.get(address(opco="atlas")).content.decode()
    assert 'href="#id_idcc"' in html
    assert 'href="#id_salaries"' in html
    assert 'href="#id_type"' in html
    assert "effectif non précisé" in html


def test_what_nobody_publishes_is_never_nothing_to_pay(client):
    response = client.get(address(opco="atlas", salaries="23"))
    unknown = [shown for shown in response.context["options"] if not shown.is_known]
    assert unknown
    assert {shown.remaining for shown in unknown} == {"non publié"}
    assert "Il vous reste non publié" in text_of(response)


def test_what_the_visitor_left_out_is_asked_for_and_not_said_to_be_unpublished(client):
    response = client.get("/financements/?idcc=0843&salaries=8&type=safety&personnes=2&cout=600")
    first = response.context["options"][0]
    assert (first.financed, first.remaining, first.sure) == ("à préciser", "à préciser", "")
    text = text_of(response)
    assert "jusqu’à 30 €/h : précisez le nombre d’heures" in text
    assert "Il restera 3 500 €" not in text  # nothing is known to be taken from the budget


def test_exhausted_funds_are_loud(client):
    text = page(client, address(opco="akto", idcc="0573", salaries="23"))
    assert "Fonds épuisés Constaté le 6 octobre 2026, jusqu’au 31 décembre 2026" in text


def test_kinds_that_are_paid_differently_are_told_apart_and_none_is_presumed(client):
    response = client.get(address(opco="opco-ep", idcc="0843", salaries="8"))
    text = text_of(response)
    for topic in ("fabrication", "vente", "hygiène", "transverse"):
        assert topic in text
    assert not any(shown.is_first for shown in response.context["options"])
    assert 'name="type"' in response.content.decode().split('id="essai"')[1]


def test_fifty_employees_have_no_plan_and_are_told_what_remains_open(client):
    text = page(client, address(opco="uniformation", salaries="60"))
    assert "pas de fonds légaux pour le plan" in text
    assert "Restent ouverts à partir de 50 salariés" in text


def test_a_merged_agreement_is_said_to_be_replaced(client):
    assert "a été remplacé par l’IDCC 3248" in page(client, address(idcc="0054"))


def test_the_rules_of_another_day_can_be_replayed(client):
    assert "Règles en vigueur le 1er mai 2026" in page(client, address(**ATLAS, le="2026-05-01"))


def test_longer_courses_are_told_with_the_ceiling_that_bites(client):
    response = client.get(address(**ATLAS))
    assert "Dès 23 h" in text_of(response)
    assert "heures=27&amp;cout=3600" in response.content.decode()


def test_the_result_is_not_for_search_engines(client):
    html = client.get(address(**ATLAS)).content.decode()
    assert '<meta name="robots" content="noindex">' in html
    assert f'<link rel="canonical" href="http://testserver{address(**ATLAS).replace("&", "&amp;")}">' in html


def test_robots_are_kept_from_estimates(client):
    rules = client.get("/robots.txt").content.decode()
    assert "Disallow: /financements/*?" in rules
    assert "Disallow: /financements/estimation." in rules
    html = client.get(address(**ATLAS)).content.decode()
    assert html.count('<a rel="nofollow" href="/financements/estimation.') == 3
    assert '<a rel="nofollow" href="/financements/?' in html


def test_the_deadline_is_the_one_that_the_opco_gives(client):
    text = page(client, address(opco="akto", idcc="1979", salaries="23"))
    foot = text[text.index("Estimation ; l’OPCO décide") :]
    assert "La demande se dépose dans MonEspace, depuis le site d’AKTO . Le dossier complet" in foot
    assert "30 jours calendaires avant le début" in foot
    assert "se dépose avant le début" not in foot
    steps = page(client, "/entreprise/50103081100092/")
    assert "Déposez la demande à temps : voyez le délai d’Atlas" in steps


def test_an_older_day_says_what_its_rules_are_worth(client):
    said = "Celles dont le premier jour n’est pas publié"
    assert said in page(client, address(**ATLAS, le="2026-05-01"))
    assert said not in page(client, address(**ATLAS))


@pytest.mark.parametrize(
    "path",
    [
        address(**ATLAS),
        f"/financements/comparer/?{urlencode(COURSE | {'idcc_1': '1486', 'idcc_2': '1979', 'opco_2': 'akto'})}",
    ],
)
def test_a_table_that_phones_rearrange_stays_a_table(client, path):
    table = re.search(r'<table class="bars.*?</table>', client.get(path).content.decode(), re.DOTALL)
    assert table is not None
    tags = re.findall(r"<(?:table|thead|tbody|tr|th|td)\b[^>]*>", table[0])
    assert all(" role=" in tag for tag in tags)
    assert '<span class="visually-hidden">Partage du coût</span>' in table[0]


# ------------------------------------------------------------------------------------------------ other values
def test_other_values_come_as_the_parts_that_they_change(client):
    response = client.get(address(**ATLAS, type=""), headers=HTMX)
    html = response.content.decode()
    assert "<html" not in html
    assert 'id="apercu" hx-swap-oob="innerHTML"' in html
    assert response["HX-Replace-Url"] == address(**ATLAS)
    assert "à votre charge" in text_of(response)


def test_a_value_that_cannot_be_leaves_the_result_and_is_said_beside_the_fields(client):
    response = client.get(address(**ATLAS, heures="0"), headers=HTMX)
    assert response["HX-Retarget"] == "#essai-erreurs"
    assert "0,5 au moins" in text_of(response)


# ------------------------------------------------------------------------------------------------ speed
@pytest.mark.parametrize(
    ("asked", "queries"),
    [({"idcc": "1486", "salaries": "23"}, 1), ({"siret": "50103081100092", "salaries": "23"}, 2)],
)
def test_the_rules_come_from_memory(client, django_assert_num_queries, asked, queries):
    client.get(address(**asked))
    with django_assert_num_queries(queries):
        client.get(address(**asked))


def test_other_lengths_lead_to_results(client):
    html = client.get(address(**ATLAS, heures="9000", cout="9000000")).content.decode()
    links = [
        unescape(each) for each in re.findall(r'<a[^>]* href="(/financements/\?[^"]*)">[^<]*h</a>', html)
    ]
    assert links
    for link in links:
        assert ProjectForm(QueryDict(link.partition("?")[2])).is_valid(), link
