"""The companies that the portal of the browser tests can ask about."""

from stdnum import luhn
from werkzeug import Request, Response

from tests.upstreams import FranceCompetences, Handler, company, place

CHOSEN = "10411765000010"  # in the sample, at Atlas
CONTRADICTED = "31302946400044"  # in the sample, at Atlas
FAILS = "panne"


def siret(number: int) -> str:
    """A SIRET that the table lacks."""
    siren = f"81{number:06}"
    siren += luhn.calc_check_digit(siren)
    return f"{siren}0001" + luhn.calc_check_digit(f"{siren}0001")


DEDUCED, SEVERAL, INDICATIVE, SILENT = (siret(number) for number in range(1, 5))
HIDDEN = {"adresse": "[NON-DIFFUSIBLE]", "libelle_commune": "[NON-DIFFUSIBLE]"}
LONG = "SOCIETE COOPERATIVE ARTISANALE DE PRODUCTION ET DE DISTRIBUTION DES BOULANGERS-PATISSIERS DU DAUPHINE"
KNOWN = (
    company(CHOSEN, "CABINET DURAND", head={"activite_principale": "62.01Z", "liste_idcc": ["1486"]}),
    company(DEDUCED, "CRECHE DES PETITS DURAND", head={"liste_idcc": ["1486"]}),
    company(SEVERAL, "DURAND FRERES", head={"liste_idcc": ["1486", "1979"]}),
    company(INDICATIVE, "FOURNIL DURAND", etat_administratif="C", head={"etat_administratif": "F"}),
    company(SILENT, "DURAND NEGOCE", head={"activite_principale": "47.78C"}),
    company(
        siret(5),
        f"{LONG} (DURAND)",
        nombre_etablissements_ouverts=3,
        matching_etablissements=[place(siret(5)), place(CONTRADICTED), place(siret(6), **HIDDEN)],
    ),
    company(siret(7), "[NON-DIFFUSIBLE] DURAND", head=HIDDEN, tranche_effectif_salarie=None),
    *(company(siret(number), f"DURAND {number}") for number in range(10, 40)),
)


def failing_for(words: str, answer: Handler) -> Handler:
    """Fail when these words are asked for."""

    def chosen(request: Request) -> Response:
        return Response(status=500) if request.args["q"] == words else answer(request)

    return chosen


def contradicting(siret: str, engine: FranceCompetences) -> Handler:
    """Give one establishment to AKTO, and all others as the engine does."""
    usual = engine.answer
    engine.gives("AKTO")
    other = engine.answer

    def chosen(request: Request) -> Response:
        return (other if request.path.endswith(siret) else usual)(request)

    return chosen
