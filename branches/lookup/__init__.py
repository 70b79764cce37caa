"""From what someone typed to an OPCO, with the reasons. Pure: neither Django nor the network.

`parse(text)` tells what was typed; `answer(query, evidence, on=date)` weighs what the sources say about it.
"""

from branches.lookup.answer import Answer, Candidate, Message, SourceNote, answer, candidates_of
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
    Reference,
    ShareFact,
    SourceFact,
)
from branches.lookup.query import Query, parse

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
    "Reference",
    "ShareFact",
    "SourceFact",
    "SourceNote",
    "answer",
    "candidates_of",
    "parse",
]
