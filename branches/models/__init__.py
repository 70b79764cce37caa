"""Who is attached to which OPCO: the reference tables.

Everything small (OPCOs, agreements, attachments) is read whole into `branches.evidence`; only the
establishments, 3.7 million rows, are read one primary key at a time.
"""

from branches.models.activities import Activity, ActivityOpco, ActivityShare
from branches.models.agreements import Agreement, AgreementName, Branch, Opco
from branches.models.attachments import Attachment, DeclaredOpco, Establishment
from branches.models.conflicts import Conflict
from branches.models.disagreements import Disagreement
from branches.models.search import SearchTerm, SearchWord
from branches.models.text import SortKey
from branches.models.vintages import EstablishmentChange, VintagePair

__all__ = [
    "Activity",
    "ActivityOpco",
    "ActivityShare",
    "Agreement",
    "AgreementName",
    "Attachment",
    "Branch",
    "Conflict",
    "DeclaredOpco",
    "Disagreement",
    "Establishment",
    "EstablishmentChange",
    "Opco",
    "SearchTerm",
    "SearchWord",
    "SortKey",
    "VintagePair",
]
