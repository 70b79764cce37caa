"""The directory of companies: what it is asked, and what the portal keeps of all it tells."""

import pytest

from branches.clients import companies
from branches.clients.companies import Companies, Company, Place
from opco_portal.upstream import BadAnswer, Refused
from tests.upstreams import BAKERY, company, place

SIREN = BAKERY[:9]
OTHER = "50103081100092"
HEAD, OPEN, GONE = Place(BAKERY), Place("81000001800020"), Place("81000001800038", is_open=False)


def found(words="dupont", page=1):
    return companies.search(words, page).look().answer.value


def numbered(number):
    return companies.by_number(number).look().answer.value


def told(directory, *results, **values):
    """Answer with these results, whatever is asked, and nothing else but `values`."""
    directory.answers({"results": list(results), **values})


# ------------------------------------------------------------------------------------------------ what it is asked
def test_a_name_is_asked_with_25_a_page(directory):
    found("  Boulangerie   Dupont ")
    assert dict(directory.asked[0].args) == {"q": "Boulangerie Dupont", "page": "1", "per_page": "25"}


def test_the_next_page_is_asked_as_such_and_totals_are_the_real_ones(directory):
    directory.knows(*(company(BAKERY, f"DUPONT {number}") for number in range(30)))
    first, second = found(), found(page=2)
    assert [request.args["page"] for request in directory.asked] == ["1", "2"]
    assert [(len(one.companies), one.total, one.page, one.pages) for one in (first, second)] == [
        (25, 30, 1, 2),
        (5, 30, 2, 2),
    ]
    assert second.companies[0].name == "DUPONT 25"


def test_a_very_long_name_is_cut(directory):
    found("a" * 500)
    assert len(directory.asked[0].args["q"]) == 200


def test_case_and_spaces_make_no_other_question(directory):
    assert found("Dupont  LYON") == found("dupont lyon")
    assert len(directory.asked) == 1


@pytest.mark.parametrize(
    ("words", "searchable"), [("sas", True), ("a b c", True), ("zz", False), ("a.b", False), ("", False)]
)
def test_three_letters_are_needed(directory, words, searchable):
    assert companies.is_searchable(words) is searchable


def test_nothing_is_searched_without_a_directory(settings):
    settings.COMPANIES_API = ""
    assert not companies.is_searchable("boulangerie")


# ------------------------------------------------------------------------------------------------- what it tells
def test_all_that_the_portal_uses_is_read(directory):
    head = {"liste_idcc": ["0843"], "tranche_effectif_salarie": "03"}
    directory.knows(company(BAKERY, head=head, complements={"liste_idcc": ["0843", "1486"]}))
    bakery = Place(
        BAKERY,
        address="12 RUE DE LA REPUBLIQUE 69002 LYON",
        postcode="69002",
        city="LYON",
        naf="10.71C",
        headcount="03",
        idccs=("0843",),
    )
    only = Company(
        SIREN,
        "BOULANGERIE DUPONT",
        naf="10.71C",
        headcount="11",
        open_places=1,
        idccs=("0843", "1486"),
        head=bakery,
        matching=(bakery,),
    )
    assert found() == Companies((only,), total=1, page=1, pages=1)
    assert only.places == (bakery,)


def test_no_company_is_an_answer(directory):
    assert found() == Companies((), total=0, page=1, pages=1)


@pytest.mark.parametrize("results", [None, []])
def test_results_may_be_null(directory, results):
    directory.answers({"results": results, "total_results": None, "page": None, "total_pages": None})
    assert found(page=3) == Companies((), total=0, page=3, pages=1)


def test_everything_in_a_result_may_be_null(directory):
    nulls = dict.fromkeys(company(BAKERY), None)
    told(directory, nulls | {"siren": SIREN})
    assert found().companies == (Company(SIREN, ""),)


def test_everything_in_an_establishment_may_be_null(directory):
    nulls = dict.fromkeys(place(BAKERY), None) | {"siret": BAKERY}
    told(directory, company(BAKERY) | {"siege": nulls, "matching_etablissements": [nulls]})
    [only] = found().companies
    assert (only.head, only.matching) == (Place(BAKERY), (Place(BAKERY),))


def test_items_that_are_null_are_skipped(directory):
    told(directory, None, company(BAKERY, matching_etablissements=[None, place(BAKERY), None]), None)
    [only] = found().companies
    assert [one.siret for one in only.matching] == [BAKERY]
    assert found().total == 1


@pytest.mark.parametrize("count", [-1, 1_000_000_001, 10**30, 1.5, "3", True])
@pytest.mark.parametrize("name", ["total_results", "page", "total_pages"])
def test_a_count_that_is_none_is_a_bad_answer(directory, name, count):
    told(directory, company(BAKERY), **{name: count})
    assert isinstance(companies.search("dupont").look().error, BadAnswer)


@pytest.mark.parametrize("count", [-1, 1_000_000_001, 1.5, "3"])
def test_a_number_of_establishments_that_is_none_is_a_bad_answer(directory, count):
    told(directory, company(BAKERY, nombre_etablissements_ouverts=count))
    assert isinstance(companies.search("dupont").look().error, BadAnswer)


@pytest.mark.parametrize("complements", [None, {}, {"liste_idcc": None}, {"liste_idcc": []}])
def test_no_agreement_may_be_told_in_many_ways(directory, complements):
    told(directory, company(BAKERY, complements=complements))
    assert found().companies[0].idccs == ()


@pytest.mark.parametrize("siren", [None, "", "810000019", "81000001", "abc"])
def test_a_result_without_a_valid_siren_is_left_out(directory, siren):
    told(directory, company(BAKERY, siren=siren), company(OTHER), total_results=2)
    assert [one.siren for one in found().companies] == [OTHER[:9]]


@pytest.mark.parametrize("siret", [None, "", "81000001800013", SIREN])
def test_an_establishment_without_a_valid_siret_is_left_out(directory, siret):
    bad = place(BAKERY) | {"siret": siret}
    told(directory, company(BAKERY, siege=bad, matching_etablissements=[bad, place(BAKERY)]))
    [only] = found().companies
    assert (only.head, [one.siret for one in only.matching]) == (None, [BAKERY])


def test_a_company_without_a_full_name_has_its_registered_one(directory):
    told(directory, company(BAKERY, nom_complet=None, nom_raison_sociale="DUPONT SARL "))
    assert found().companies[0].name == "DUPONT SARL"


def test_who_asked_not_to_be_shown_is_not(directory):
    hidden = dict.fromkeys(("adresse", "code_postal", "libelle_commune"), "[NON-DIFFUSIBLE]")
    directory.knows(company(BAKERY, "[NON-DIFFUSIBLE]", head=hidden))
    [only] = found().companies
    assert (only.name, only.head.address, only.head.postcode, only.head.city) == ("", "", "", "")
    assert only.siren == SIREN


def test_an_address_that_is_partly_hidden_is_hidden(directory):
    directory.knows(company(BAKERY, head={"adresse": "[NON-DIFFUSIBLE] 69002 LYON"}))
    assert (found().companies[0].head.address, found().companies[0].head.city) == ("", "LYON")


@pytest.mark.parametrize(
    ("idccs", "kept"),
    [
        (["1486"], ("1486",)),
        (["01486", "1486"], ("1486",)),
        (["16", None, "", "0016"], ("0016",)),
        (["1486", "44"], ("1486", "0044")),
        (["NC", "12345"], ()),
        ([None], ()),
    ],
)
def test_agreements_have_four_digits_each_once(directory, idccs, kept):
    directory.knows(company(BAKERY, head={"liste_idcc": idccs}))
    [only] = found().companies
    assert only.idccs == only.head.idccs == kept


@pytest.mark.parametrize(
    ("code", "kept"), [("10.71C", "10.71C"), ("1071c", "10.71C"), ("", ""), (None, ""), ("?", "")]
)
def test_activities_are_dotted(directory, code, kept):
    directory.knows(company(BAKERY, head={"activite_principale": code}))
    [only] = found().companies
    assert only.naf == only.head.naf == kept


@pytest.mark.parametrize(("state", "is_open"), [("A", True), ("C", False), (None, True)])
def test_a_company_may_be_closed(directory, state, is_open):
    directory.knows(company(BAKERY, etat_administratif=state))
    assert found().companies[0].is_open is is_open


@pytest.mark.parametrize(("state", "is_open"), [("A", True), ("F", False), (None, True)])
def test_an_establishment_may_be_closed(directory, state, is_open):
    directory.knows(company(BAKERY, head={"etat_administratif": state}))
    [only] = found().companies
    assert (only.is_open, only.head.is_open) == (True, is_open)


@pytest.mark.parametrize(
    ("head", "matching", "main"),
    [
        (HEAD, (GONE, OPEN), OPEN),
        (HEAD, (GONE,), HEAD),
        (HEAD, (), HEAD),
        (None, (GONE,), GONE),
        (None, (), None),
    ],
)
def test_the_main_establishment_is_an_open_one_that_matches_then_the_head_office(head, matching, main):
    assert Company(SIREN, "DUPONT", head=head, matching=matching).main == main


@pytest.mark.parametrize(("total", "pages"), [(26, 2), (9_999, 400), (10_000, 400), (250_000, 400)])
def test_no_page_is_turned_beyond_ten_thousand_companies(directory, total, pages):
    directory.knows(company(BAKERY), total=total)
    answer = found()
    assert (answer.total, answer.pages) == (total, pages)


def test_the_total_is_never_less_than_what_is_there(directory):
    told(directory, company(BAKERY), total_results=0, total_pages=0)
    assert (found().total, found().pages) == (1, 1)


def test_a_refusal_says_what_the_directory_says(directory):
    directory.answers({"erreur": "3 caractères minimum pour les termes de la requête"}, status=400)
    error = companies.search("dupont").look().error
    assert isinstance(error, Refused)
    assert str(error) == "3 caractères minimum pour les termes de la requête"


# ------------------------------------------------------------------------------------------------- by its number
def test_a_siret_finds_its_company_with_that_establishment(directory):
    directory.knows(company(BAKERY, siege=place("81000001800020"), matching_etablissements=[place(BAKERY)]))
    answer = numbered(BAKERY)
    assert directory.asked[0].args["q"] == BAKERY
    assert [one.siret for one in answer.companies[0].matching] == [BAKERY]
    assert answer.of(BAKERY) == answer.of(SIREN) == answer.companies[0]
    assert answer.companies[0].place(BAKERY).city == "LYON"


def test_a_siren_finds_its_company(directory):
    directory.knows(company(BAKERY), company(OTHER))
    answer = numbered(SIREN)
    assert [one.siren for one in answer.companies] == [SIREN]
    assert (answer.total, answer.page, answer.pages) == (1, 1, 1)


def test_a_company_of_another_number_is_no_answer_to_it(directory):
    told(directory, company(OTHER), total_results=1)
    assert numbered(BAKERY) == Companies((), 0, 1, 1)


def test_a_number_that_nobody_has_is_answered(directory):
    assert numbered(BAKERY).of(BAKERY) is None


def test_an_establishment_that_is_not_told_is_not_found_by_its_number(directory):
    directory.knows(company(BAKERY))
    answer = numbered(SIREN)
    assert answer.of("81000001800020") is None
    assert answer.of(OTHER) is None
