"""What follows a change of the reference, in its transaction: the search by words, the queue of conflicts."""

from collections.abc import Sequence
from typing import Any

from branches import conflicts, search
from branches.models import Agreement, AgreementName, Attachment
from opco_portal.corrections.edition import corrected
from opco_portal.corrections.history import Change
from opco_portal.corrections.models import Correction
from opco_portal.sync.engine import served_anew
from opco_portal.sync.models import SyncRun


def follow_changes() -> None:
    corrected.connect(follow_correction, dispatch_uid="branches")
    served_anew.connect(follow_publication, dispatch_uid="branches")


def follow_publication(sender: Any, run: SyncRun, **_: Any) -> None:
    if run.source_id in ("siro", "agreements"):
        conflicts.refresh()


def follow_correction(sender: Any, correction: Correction, changes: Sequence[Change], **_: Any) -> None:
    changed = {change.model for change in changes}
    if changed & {Agreement, AgreementName}:
        search.rebuild()
    if changed & {Agreement, Attachment}:
        decided = {change.values["agreement_id"] for change in changes if change.model is Attachment}
        conflicts.refresh(by=correction.author, decided=decided)
