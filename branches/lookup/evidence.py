"""What the sources say, as plain values. Shares are fractions of 1; periods include their first day only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Origin = Literal["manual", "siro", "approval", "list"]


@dataclass(frozen=True, slots=True)
class SourceFact:
    """An official source with the vintage being served; `sample`: only an extract of it is loaded.

    `vintage` is empty and `as_of` None while nothing of it is loaded.
    """

    code: str
    name: str
    vintage: str
    url: str
    as_of: date | None
    sample: bool = False
    loaded_rows: int = 0


@dataclass(frozen=True, slots=True)
class OpcoFact:
    """An OPCO and where to reach it; an empty string is "not published"."""

    slug: str
    name: str
    sector: str = ""
    website: str = ""
    criteria_url: str = ""
    portal_name: str = ""
    portal_url: str = ""
    contact_email: str = ""
    order_title: str = ""
    order_url: str = ""
    verified_on: date | None = None


@dataclass(frozen=True, slots=True)
class AttachmentFact:
    """One source's word: this agreement belongs to that OPCO. Counts and shares come with "siro" alone."""

    opco: str
    source: Origin
    establishments: int | None = None
    share: Decimal | None = None
    url: str = ""
    document_date: date | None = None
    to_confirm: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    reason: str = ""

    def in_force(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class AgreementFact:
    """An agreement with what each source says of its OPCO; `title` is the short one, as people say it."""

    idcc: str
    title: str
    status: str
    successor: str | None = None
    attachments: tuple[AttachmentFact, ...] = ()
    full_title: str = ""
    legifrance_id: str = ""

    @property
    def establishments(self) -> int:
        """How many establishments apply it, all OPCOs together."""
        return sum(fact.establishments or 0 for fact in self.attachments if fact.source == "siro")

    @property
    def label(self) -> str:
        return self.title or "titre non publié"


@dataclass(frozen=True, slots=True)
class ShareFact:
    """The share of an activity's employees that an agreement covers; None is the group « autres »."""

    idcc: str | None
    share: Decimal


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """A NAF code with what suggests its OPCO: its agreements, largest share first, else the OPCO of a sample.

    `employees` (rounded by the publisher) goes with `shares`; `share` and `establishments` go with the sample.
    """

    code: str
    label: str
    opco: str = ""
    share: Decimal | None = None
    establishments: int | None = None
    sampled_prefix: str = ""
    shares: tuple[ShareFact, ...] = ()
    employees: int | None = None

    @property
    def covered(self) -> tuple[ShareFact, ...]:
        """The shares of agreements, without the group « autres »."""
        return tuple(fact for fact in self.shares if fact.idcc)

    @property
    def other(self) -> Decimal | None:
        """The share of « autres »; None when the publisher gives none."""
        return next((fact.share for fact in self.shares if fact.idcc is None), None)

    @property
    def missing(self) -> Decimal:
        """What the shares do not add up to: agreements that the portal does not know, and roundings."""
        return max(Decimal(0), 1 - sum((fact.share for fact in self.shares), Decimal(0)))


@dataclass(frozen=True, slots=True)
class EstablishmentFact:
    """A row of the SIRET-OPCO table: the OPCO it belongs to, and the one that manages it when another does."""

    siret: str
    idcc: str | None
    owner: str | None
    manager: str | None = None


@dataclass(frozen=True, slots=True)
class RecordFact:
    """What the directory of companies says of a number that the table does not have; () and "" where it is silent.

    `company_wide`: the IDCCs are those of the whole company, as for a SIREN, or where the establishment has none.
    """

    is_open: bool
    idccs: tuple[str, ...]
    company_wide: bool
    naf: str


@dataclass(frozen=True, slots=True)
class CompanyGroup:
    """Establishments of one company that share their agreement, owner and manager."""

    idcc: str | None
    owner: str | None
    manager: str | None
    count: int


@dataclass(frozen=True, slots=True)
class CompanyFact:
    """The establishments of a company, grouped."""

    siren: str
    groups: Sequence[CompanyGroup]

    @property
    def establishments(self) -> int:
        return sum(group.count for group in self.groups)


@dataclass(frozen=True, slots=True)
class Hit:
    """An agreement or activity found by words, best first. `exact`: the words are one of its names."""

    idcc: str = ""
    naf: str = ""
    matched: str = ""
    kind: str = ""
    exact: bool = False
    via: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything small, in memory: OPCOs, agreements with their attachments, activities, sources."""

    version: int
    opcos: Mapping[str, OpcoFact]
    agreements: Mapping[str, AgreementFact]
    activities: Mapping[str, ActivityFact]
    sources: Mapping[str, SourceFact]
    # What was already concluded from these values, by question: they never change, so neither does it.
    concluded: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def final(self, idcc: str) -> AgreementFact | None:
        """The agreement that applies today instead of a merged one: the end of the chain, cycles cut."""
        seen: set[str] = set()
        agreement = self.agreements.get(idcc)
        while agreement and agreement.successor and agreement.idcc not in seen:
            seen.add(agreement.idcc)
            agreement = self.agreements.get(agreement.successor) or agreement
        return agreement


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for one query, beside the reference."""

    reference: Reference
    establishment: EstablishmentFact | None = None
    company: CompanyFact | None = None
    record: RecordFact | None = None
    hits: Sequence[Hit] = field(default_factory=tuple)
