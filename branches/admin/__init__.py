"""The reference in the administration: who is attached to which OPCO, corrected by staff who answer for it."""

from branches.admin.agreements import AgreementAdmin
from branches.admin.attachments import AttachmentAdmin
from branches.admin.branches import BranchAdmin
from branches.admin.conflicts import ConflictAdmin
from branches.admin.disagreements import DisagreementAdmin
from branches.admin.names import AgreementNameAdmin
from branches.admin.opcos import OpcoAdmin

__all__ = [
    "AgreementAdmin",
    "AgreementNameAdmin",
    "AttachmentAdmin",
    "BranchAdmin",
    "ConflictAdmin",
    "DisagreementAdmin",
    "OpcoAdmin",
]
