"""What an answer is made of, as plain values."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from branches.lookup.evidence import OpcoFact, Reference
from branches.lookup.query import Query

Status = Literal["found", "ambiguous", "not_attached", "not_found", "invalid"]
Basis = Literal["establishment", "manual", "agreement", "activity", "text"]
Confidence = Literal["certain", "deduced", "probable", "indicative"]
CONFIDENCES: tuple[Confidence, ...] = ("certain", "deduced", "probable", "indicative")


@dataclass(frozen=True, slots=True)
class Message:
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceNote:
    """The source of one candidate, as it is cited."""

    name: str
    vintage: str
    url: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An OPCO that may be the right one. `share` is a fraction of 1; None where nothing is published."""

    opco: OpcoFact
    manager: OpcoFact | None
    idcc: str | None
    title: str
    basis: Basis
    confidence: Confidence
    share: Decimal | None
    establishments: int | None
    source: SourceNote
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    query: Query
    status: Status
    candidates: tuple[Candidate, ...] = ()
    messages: tuple[Message, ...] = ()

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None


def source_note(code: str, reference: Reference) -> SourceNote:
    source = reference.sources[code]
    return SourceNote(source.name, source.vintage, source.url)


def message(code: str, text: str) -> Message:
    return Message(code, text)
