"""The servers that the portal asks about companies, as a real HTTP server that keeps their contracts, or misbehaves."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from opco_portal.french import plain
from opco_portal.upstream import background

BAKERY = "81000001800012"
Handler = Callable[[Request], Response]


def place(siret: str, **values: Any) -> dict[str, Any]:
    """An establishment as the directory tells it."""
    return {
        "siret": siret,
        "adresse": "12 RUE DE LA REPUBLIQUE 69002 LYON",
        "code_postal": "69002",
        "libelle_commune": "LYON",
        "departement": "69",
        "region": "84",
        "activite_principale": "10.71C",
        "etat_administratif": "A",
        "liste_idcc": None,
        "tranche_effectif_salarie": None,
        **values,
    }


def company(siret: str, name: str = "BOULANGERIE DUPONT", **values: Any) -> dict[str, Any]:
    """A company as the directory tells it, with one establishment; `head` replaces values of that one."""
    head = place(siret, **values.pop("head", {}))
    return {
        "siren": siret[:9],
        "nom_complet": name,
        "nom_raison_sociale": name,
        "sigle": None,
        "etat_administratif": "A",
        "activite_principale": head["activite_principale"],
        "tranche_effectif_salarie": "11",
        "nombre_etablissements_ouverts": 1,
        "siege": head,
        "matching_etablissements": [head],
        "complements": {"liste_idcc": head["liste_idcc"], "est_association": False, "est_ess": None},
        **values,
    }


class Upstream:
    """A server with one answer at a time; it counts what it is asked, and can keep an answer until it is let go."""

    def __init__(self, server: HTTPServer, path: str) -> None:
        self.server = server
        self.url = server.url_for("/").rstrip("/")
        self.asked: list[Request] = []
        self.answer: Handler = lambda request: Response("absent", status=404)
        server.expect_request(re.compile(path)).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer(request)

    def answers(self, body: Any = None, status: int = 200, **headers: str) -> None:
        """Answer with JSON, or with a body as it is when it is text or bytes."""
        told = body if isinstance(body, (str, bytes)) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(request: Request) -> Response:
            response = Response(told, status=status, content_type="application/json")
            response.headers.update(named)
            return response

        self.answer = answer


class Directory(Upstream):
    """API Recherche d'entreprises."""

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server, "/search$")
        self.knows()

    def knows(self, *companies: dict[str, Any], total: int | None = None, named: bool = False) -> None:
        """Answer every search with these companies, 25 a page, and a number with the company that has it.

        `named`: a search finds only those whose name has the words.
        """

        def answer(request: Request) -> Response:
            words, page = request.args["q"], int(request.args.get("page", 1))
            size = int(request.args.get("per_page", 10))
            if words.isdigit():
                found = [one for one in companies if words[:9] == one["siren"]]
            else:
                found = [one for one in companies if not named or plain(words) in plain(one["nom_complet"])]
            count = total if total is not None and not words.isdigit() else len(found)
            told = {
                "results": found[(page - 1) * size : page * size],
                "total_results": count,
                "page": page,
                "per_page": size,
                "total_pages": -(-count // size),
            }
            return Response(json.dumps(told), content_type="application/json")

        self.answer = answer


class FranceCompetences(Upstream):
    """API SIRO."""

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server, "/siro/v1/public/[0-9]{14}$")
        self.gives("ATLAS")

    def gives(self, label: str, *, code: str = "01", manager: str = "N/C", idcc: str = "") -> None:
        """Give every establishment to the OPCO of this label."""
        opcos = {"opcoRattachement": {"nom": label}, "opcoGestion": {"nom": manager}}
        self.answers({"code": code, "idcc": idcc, **opcos})


class CfaDock(Upstream):
    """The search of CFA Dock."""

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server, "/api/opcos$")
        self.gives("ATLAS")

    def gives(self, label: str | None, *, status: str = "OK", idcc: str = "") -> None:
        """Give every establishment to the OPCO of this label."""
        self.answers({"searchStatus": status, "opcoName": label, "idcc": idcc})


class Gate:
    """What holds an answer back until it is opened, at the end of the test at the latest."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def held(self, answer: Handler) -> Handler:
        def wait(request: Request) -> Response:
            self.wait(30)
            return answer(request)

        return wait

    def open(self) -> None:
        self._open.set()

    def wait(self, seconds: float) -> bool:
        """Whether it was opened by then."""
        return self._open.wait(seconds)


def dripping(gate: Gate) -> Response:
    """An answer whose body begins and does not end before the gate opens."""

    def pieces() -> Iterator[bytes]:
        yield b'{"results": ['
        while not gate.wait(0.2):
            yield b" "

    return Response(pieces(), content_type="application/json")


def wait_for_answers() -> None:
    """Wait for every question that this process is asking."""
    wait(list(background._under_way.values()))
