"""API Recherche d'entreprises: from a name to establishments, and what is known of one number.

    GET {COMPANIES_API}/search?q=…&page=1&per_page=25

No key. 7 requests a second at most, of which the portal takes 5. Lists and strings may be null; companies that asked
not to be public are absent, or their name and address read « [NON-DIFFUSIBLE] ».
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated

import msgspec
from django.conf import settings

from opco_portal.identifiers import is_siren, is_siret, normalize_idcc, normalize_naf
from opco_portal.upstream import Breaker, Deadline, Pace, Question, Upstream

PER_PAGE = 25  # as many as the API gives at once
REACHED = 10_000  # companies beyond which the API turns no page
SHORTEST, LONGEST = 3, 200  # characters of a name that the API looks for
HIDDEN = "[NON-DIFFUSIBLE]"


# --------------------------------------------------------------------------------------- as the portal knows them
class Place(msgspec.Struct, frozen=True):
    """An establishment. NAF dotted, IDCCs of four digits, `headcount` an Insee code; "" or () where not told."""

    siret: str
    is_open: bool = True
    address: str = ""
    postcode: str = ""
    city: str = ""
    naf: str = ""
    headcount: str = ""
    idccs: tuple[str, ...] = ()


class Company(msgspec.Struct, frozen=True):
    """A company with the establishments that answer the search; `open_places` is None where not told."""

    siren: str
    name: str
    is_open: bool = True
    naf: str = ""
    headcount: str = ""
    open_places: int | None = None
    idccs: tuple[str, ...] = ()
    head: Place | None = None
    matching: tuple[Place, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """The establishments that are told, each once: those that match, then the head office."""
        told: dict[str, Place] = {}
        for place in (*self.matching, *filter(None, [self.head])):
            told.setdefault(place.siret, place)
        return tuple(told.values())

    @property
    def main(self) -> Place | None:
        """The establishment that the search most likely means: an open one that matches, else the head office."""
        matching = next((place for place in self.matching if place.is_open), None)
        return matching or self.head or next(iter(self.matching), None)

    def place(self, siret: str) -> Place | None:
        return next((place for place in self.places if place.siret == siret), None)


class Companies(msgspec.Struct, frozen=True):
    """A page of companies, and how many there are in all."""

    companies: tuple[Company, ...]
    total: int
    page: int
    pages: int

    def of(self, number: str) -> Company | None:
        """The company of a SIREN, or of a SIRET when it is told with that establishment; None when not on this page."""
        return next((one for one in self.companies if one.siren == number or one.place(number)), None)


# ------------------------------------------------------------------------------------------------------ questions
def search(words: str, page: int = 1) -> Question[Companies]:
    """The companies of a name, with a place or without; pages count from 1."""
    words = " ".join(words.split())[:LONGEST]

    def ask(deadline: Deadline) -> Companies:
        told = directory().get("search", _Answer, deadline, q=words, page=page, per_page=PER_PAGE)
        return _companies(told, page)

    return Question(directory(), f"search {page} {words.casefold()}", Companies, ask)


def by_number(number: str) -> Question[Companies]:
    """The company of a SIREN or SIRET: none or one; an establishment is among its `matching`."""

    def ask(deadline: Deadline) -> Companies:
        found = _companies(directory().get("search", _Answer, deadline, q=number), 1)
        same = tuple(company for company in found.companies if company.siren == number[:9])
        return Companies(same, len(same), 1, 1)

    return Question(directory(), f"number {number}", Companies, ask)


def is_searchable(words: str) -> bool:
    """Whether the portal asks at all, and the API takes the words."""
    return bool(settings.COMPANIES_API) and sum(map(str.isalnum, words)) >= SHORTEST


def directory() -> Upstream:
    return _directory(settings.COMPANIES_API)


@cache
def _directory(base_url: str) -> Upstream:
    name = "companies"
    return Upstream(name, base_url, Pace(name, questions=5, seconds=1), Breaker(name))


# ------------------------------------------------------------------------------------------------ as the API tells
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class _Place(msgspec.Struct):
    siret: str | None = None
    etat_administratif: str | None = None
    adresse: str | None = None
    code_postal: str | None = None
    libelle_commune: str | None = None
    activite_principale: str | None = None
    tranche_effectif_salarie: str | None = None
    liste_idcc: list[str | None] | None = None


class _Complements(msgspec.Struct):
    liste_idcc: list[str | None] | None = None


class _Company(msgspec.Struct):
    siren: str | None = None
    nom_complet: str | None = None
    nom_raison_sociale: str | None = None
    etat_administratif: str | None = None
    activite_principale: str | None = None
    tranche_effectif_salarie: str | None = None
    nombre_etablissements_ouverts: Count | None = None
    siege: _Place | None = None
    matching_etablissements: list[_Place | None] | None = None
    complements: _Complements | None = None


class _Answer(msgspec.Struct):
    results: list[_Company | None] | None  # null, but never absent
    total_results: Count | None = None
    page: Count | None = None
    total_pages: Count | None = None


def _companies(told: _Answer, page: int) -> Companies:
    companies = tuple(
        _company(one) for one in told.results or () if one and one.siren and is_siren(one.siren)
    )
    total = max(told.total_results or 0, len(companies))
    pages = told.total_pages or 1
    return Companies(companies, total, told.page or page, max(1, min(pages, REACHED // PER_PAGE)))


def _company(told: _Company) -> Company:
    return Company(
        siren=told.siren or "",
        name=_shown(told.nom_complet) or _shown(told.nom_raison_sociale),
        is_open=told.etat_administratif != "C",
        naf=_naf(told.activite_principale),
        headcount=told.tranche_effectif_salarie or "",
        open_places=told.nombre_etablissements_ouverts,
        idccs=_idccs(told.complements.liste_idcc if told.complements else None),
        head=next(_places([told.siege]), None),
        matching=tuple(_places(told.matching_etablissements)),
    )


def _places(told: Iterable[_Place | None] | None) -> Iterator[Place]:
    for place in told or ():
        if place and place.siret and is_siret(place.siret):
            yield Place(
                siret=place.siret,
                is_open=place.etat_administratif != "F",
                address=_shown(place.adresse),
                postcode=_shown(place.code_postal),
                city=_shown(place.libelle_commune),
                naf=_naf(place.activite_principale),
                headcount=place.tranche_effectif_salarie or "",
                idccs=_idccs(place.liste_idcc),
            )


def _shown(text: str | None) -> str:
    """What may be shown: nothing of those who asked not to be."""
    return "" if text is None or HIDDEN in text else text.strip()


def _naf(code: str | None) -> str:
    return (normalize_naf(code) or "") if code else ""


def _idccs(told: list[str | None] | None) -> tuple[str, ...]:
    known = (normalize_idcc(code) for code in told or () if code)
    return tuple(dict.fromkeys(idcc for idcc in known if idcc))
