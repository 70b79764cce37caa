"""What the directory of companies adds to the answers: the company that was chosen, and what the table lacks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from branches.clients import companies
from branches.clients.companies import Companies, Company, Place
from branches.lookup import Answer, Evidence, RecordFact, answer
from branches.lookup.headcounts import CLASSES
from opco_portal.identifiers import is_siren, is_siret, normalize_naf
from opco_portal.upstream import Dated, Deadline, Look, is_stale


@dataclass(frozen=True)
class Chosen:
    """The company that someone chose by its name, or one of its establishments. It travels in the address of pages.

    `number` is a SIREN or a SIRET; `company` and `place` are None while the directory does not tell them; `headcount`
    is an Insee code, `naf` dotted, each "" where the directory tells none.
    """

    number: str
    words: str
    page: int
    naf: str
    headcount: str
    company: Company | None = None
    place: Place | None = None
    at: datetime | None = None

    @property
    def stale(self) -> bool:
        """What is known of it is older than a day."""
        return self.at is not None and is_stale(self.at)

    @property
    def origin(self) -> str:
        """The search that it was chosen from, as the query of the pages of its establishments."""
        return origin_of(self.words, self.page)

    @property
    def query(self) -> str:
        """What the pages that follow need to know, as the query of their address."""
        told = {"entreprise": self.number, "effectif": self.headcount, "naf": self.naf}
        parts = (urlencode({name: value for name, value in told.items() if value}), self.origin)
        return "&".join(filter(None, parts))


def origin_of(words: str, page: int) -> str:
    """A search by name as the query of the pages that follow it: `liste`, because `page` is theirs."""
    return urlencode({"nom": words} | ({"liste": page} if page > 1 else {})) if words else ""


def chosen(asked: Mapping[str, str], number: str = "", *, visitor: str = "") -> Chosen | None:
    """The chosen company that an address names; None when it names none, as when somebody typed a SIRET.

    The directory is asked for it on behalf of a `visitor`; without one, only what is known is told.
    """
    named = asked.get("entreprise", "")
    number = number or named
    words, page = asked.get("nom", "").strip()[: companies.LONGEST], page_number(asked.get("liste", ""))
    if not (is_siret(number) or is_siren(number)) or not (named or words):
        return None
    told = _told(number, words, page, visitor)
    company = told.value.of(number) if told else None
    if told and company:
        return chosen_as(company, number, told.at, words=words, page=page)
    headcount = asked.get("effectif", "")
    naf = normalize_naf(asked.get("naf", "")) or ""
    return Chosen(number, words, page, naf, headcount if headcount in CLASSES else "")


def chosen_as(
    company: Company, number: str, at: datetime | None, *, words: str = "", page: int = 1
) -> Chosen:
    """A company or its establishment as the chosen one; the headcount is the company's, which funding depends on."""
    place = company.place(number)
    codes = (company.headcount, place.headcount if place else "")
    return Chosen(
        number,
        words,
        page,
        naf=(place.naf if place else "") or company.naf,
        headcount=next((code for code in codes if code in CLASSES), ""),
        company=company,
        place=place,
        at=at,
    )


def _told(number: str, words: str, page: int, visitor: str) -> Dated[Companies] | None:
    """An answer that has the number: the search that it was chosen from while it is fresh, else the number's own."""
    if not settings.COMPANIES_API:
        return None
    found = companies.search(words, page).recall() if words else None
    if found and not found.value.of(number):
        found = None
    if found and not found.stale:
        return found
    own = companies.by_number(number)
    return (own.look(visitor).answer if visitor else own.recall()) or found


def identified(siret: str, glance: Deadline) -> Look[Companies] | None:
    """Whose establishment it is, for those who typed its number; all of them together count as one visitor."""
    return companies.by_number(siret).look("numbers", glance=glance) if settings.COMPANIES_API else None


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


def completed(
    found: Answer,
    evidence: Evidence,
    already: Chosen | None = None,
    *,
    visitor: str = "",
    glance: Deadline | None = None,
) -> Completed:
    """Complete the answer for a SIRET or SIREN that is not in the table; any other stays as it is."""
    number = found.query.normalized
    if (
        found.status != "not_found"
        or found.query.kind not in ("siret", "siren")
        or not settings.COMPANIES_API
    ):
        return Completed(found)
    if already and already.company and not already.stale:
        return Completed(_with_record(found, evidence, already.company), already.company, already.at)
    look = companies.by_number(number).look(visitor, glance=glance)
    company = look.answer.value.of(number) if look.answer else None
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
