"""From what someone typed to an OPCO, with the reasons. Pure: neither Django nor the network.

`parse(text)` tells what was typed; `answer(query, evidence, on=date)` weighs what the sources say about it.
"""

from branches.lookup.answer import answer
from branches.lookup.belief import candidates_of
from branches.lookup.evidence import (
    ActivityFact,
    AgreementFact,
    AttachmentFact,
    CompanyFact,
    CompanyGroup,
    EstablishmentFact,
    Evidence,
    Hit,
    OpcoFact,
    RecordFact,
    Reference,
    ShareFact,
    SourceFact,
)
from branches.lookup.query import Query, parse
from branches.lookup.values import Answer, Candidate, Message, SourceNote

__all__ = [
    "ActivityFact",
    "AgreementFact",
    "Answer",
    "AttachmentFact",
    "Candidate",
    "CompanyFact",
    "CompanyGroup",
    "EstablishmentFact",
    "Evidence",
    "Hit",
    "Message",
    "OpcoFact",
    "Query",
    "RecordFact",
    "Reference",
    "ShareFact",
    "SourceFact",
    "SourceNote",
    "answer",
    "candidates_of",
    "parse",
]
