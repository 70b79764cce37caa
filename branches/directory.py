"""What the directory of companies adds to the answers: the company that was chosen, and what the table lacks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from branches.clients import cfa_dock, companies, france_competences
from branches.clients.companies import Companies, Company, Place
from branches.lookup import Answer, Evidence, RecordFact, answer
from branches.lookup.headcounts import CLASSES
from opco_portal.identifiers import is_siret, normalize_naf
from opco_portal.upstream import Dated, Look


@dataclass(frozen=True)
class Chosen:
    """The company that someone chose by its name. It travels in the address of the pages that follow.

    `company` and `place` are None once the directory's answer is forgotten; `headcount` is an Insee code, `naf`
    dotted, each "" where the directory tells none.
    """

    siret: str
    words: str
    page: int
    naf: str
    headcount: str
    company: Company | None = None
    place: Place | None = None
    at: datetime | None = None

    @property
    def origin(self) -> dict[str, str | int]:
        """The search that it was chosen from, as the pages of establishments take it."""
        return {"nom": self.words, **({"page": self.page} if self.page > 1 else {})} if self.words else {}

    @property
    def query(self) -> str:
        """What the pages that follow need to know, as the query of their address."""
        told = {"entreprise": self.siret, "effectif": self.headcount, "naf": self.naf, **self.origin}
        return urlencode({name: value for name, value in told.items() if value})


def chosen(asked: Mapping[str, str], siret: str = "") -> Chosen | None:
    """The chosen company that an address names; None when it names none. Nobody is asked for it."""
    named = asked.get("entreprise", "")
    siret = siret or named
    words, page = asked.get("nom", "").strip()[: companies.LONGEST], page_number(asked.get("page", ""))
    if not is_siret(siret) or not (named or words):
        return None
    found = _recalled(siret, words, page)
    company = found.value.of(siret) if found else None
    if found and company:
        return chosen_as(company, siret, found.at, words=words, page=page)
    headcount = asked.get("effectif", "")
    naf = normalize_naf(asked.get("naf", "")) or ""
    return Chosen(siret, words, page, naf, headcount if headcount in CLASSES else "")


def chosen_as(company: Company, siret: str, at: datetime | None, *, words: str = "", page: int = 1) -> Chosen:
    """An establishment of a company as the chosen one; the headcount is the company's, which funding depends on."""
    place = company.place(siret)
    codes = (company.headcount, place.headcount if place else "")
    return Chosen(
        siret,
        words,
        page,
        naf=(place.naf if place else "") or company.naf,
        headcount=next((code for code in codes if code in CLASSES), ""),
        company=company,
        place=place,
        at=at,
    )


def _recalled(siret: str, words: str, page: int) -> Dated[Companies] | None:
    """A known answer that has the establishment: the search that it was chosen from, else its number."""
    if not settings.COMPANIES_API:
        return None
    found = companies.search(words, page).recall() if words else None
    if found and found.value.of(siret):
        return found
    return companies.by_number(siret).recall()


def page_number(text: str) -> int:
    """A page of companies, from what an address says."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    return min(max(1, number), companies.REACHED // companies.PER_PAGE)


@dataclass(frozen=True)
class Completed:
    """An answer with what the directory says of a number that the table lacks, and how the look at it went."""

    answer: Answer
    company: Company | None = None
    at: datetime | None = None
    look: Look[Companies] | None = None


def completed(found: Answer, evidence: Evidence, already: Chosen | None = None) -> Completed:
    """Complete the answer for a SIRET or SIREN that is not in the table; any other stays as it is."""
    number = found.query.normalized
    if (
        found.status != "not_found"
        or found.query.kind not in ("siret", "siren")
        or not settings.COMPANIES_API
    ):
        return Completed(found)
    if already and already.company:
        return Completed(_with_record(found, evidence, already.company), already.company, already.at)
    look = companies.by_number(number).look()
    company = next(iter(look.answer.value.companies), None) if look.answer else None
    if look.answer is None or company is None:
        return Completed(found, look=look)
    return Completed(_with_record(found, evidence, company), company, look.answer.at, look)


def _with_record(found: Answer, evidence: Evidence, company: Company) -> Answer:
    told = replace(evidence, record=record_of(company, found.query.normalized))
    return answer(found.query, told, on=timezone.localdate())


def record_of(company: Company, number: str) -> RecordFact:
    """What the directory says of a SIRET, or of a SIREN as a whole."""
    place = company.place(number)
    idccs = place.idccs if place else ()
    return RecordFact(
        is_open=place.is_open if place else company.is_open,
        idccs=idccs or company.idccs,
        company_wide=not idccs,
        naf=(place.naf if place else "") or company.naf,
    )


class Service(NamedTuple):
    """A server that is asked when somebody needs it, for the page of the sources."""

    name: str
    page: str
    gives: str
    asked: bool


def services() -> list[Service]:
    """Every server that is asked while somebody waits, and whether this portal does."""
    return [
        Service(
            "Annuaire des entreprises",
            "https://annuaire-entreprises.data.gouv.fr/",
            "Le nom, l’adresse, l’activité, l’effectif et les conventions d’une entreprise.",
            bool(settings.COMPANIES_API),
        ),
        Service(
            "France compétences",
            "https://quel-est-mon-opco.francecompetences.fr/",
            "Un deuxième avis sur un établissement, par l’organisme qui tient la table SIRET-OPCO.",
            france_competences.is_configured(),
        ),
        Service(
            "CFA Dock",
            "https://www.cfadock.fr/Home/SearchOpco",
            "Un autre avis, par le moteur des centres de formation d’apprentis.",
            cfa_dock.is_configured(),
        ),
    ]
