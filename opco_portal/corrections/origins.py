"""Who made each change, and why: staff, a synchronisation, the reference files, or somebody at the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import get_user_model
from pghistory.models import Context

from opco_portal.corrections.history import Change
from opco_portal.corrections.models import Correction
from opco_portal.french import typeset
from opco_portal.sync.models import SyncRun


@dataclass(frozen=True)
class Origin:
    """`who` and `why` for staff; the correction or the run that made the change, where one did."""

    who: str
    why: str
    correction: Correction | None = None
    run: SyncRun | None = None


BY_HAND = Origin("base de données", typeset("Modification directe, sans motif enregistré."))
FIRST = Origin("référentiel", "Situation de départ, avant la tenue de l’historique.")
CALENDAR = Origin("calendrier", "Une date prévue est arrivée.")
FILES = Origin("référentiel", "Chargement des fichiers de référence du portail.")


def origins_of(changes: Iterable[Change]) -> Mapping[UUID | None, Origin]:
    """The origin of each context of some changes; four queries at most."""
    contexts = {change.context for change in changes if change.context}
    found: dict[UUID | None, Origin] = {
        each.context: Origin(each.author.get_username(), each.reason, correction=each)
        for each in Correction.objects.filter(context__in=contexts).select_related("author")
    }
    rest = Context.objects.filter(pk__in=contexts - found.keys()).values_list("pk", "metadata")
    told = {pk: metadata or {} for pk, metadata in rest}
    runs = _runs({metadata["run"] for metadata in told.values() if "run" in metadata})
    users = get_user_model()._default_manager.in_bulk(
        {metadata["user"] for metadata in told.values() if "user" in metadata}
    )
    for pk, metadata in told.items():
        run = runs.get(metadata.get("run", 0))
        if run:
            found[pk] = Origin(run.get_kind_display(), typeset(run.title), run=run)
        elif metadata.get("user") in users:  # who settled a conflict, which nobody but staff reads
            found[pk] = Origin(users[metadata["user"]].get_username(), "")
        elif "load" in metadata:
            found[pk] = FILES
        elif "first" in metadata:
            found[pk] = FIRST
        elif "day" in metadata:
            found[pk] = CALENDAR
    return found


def _runs(pks: Iterable[int]) -> Mapping[int, SyncRun]:
    rows = SyncRun.objects.filter(pk__in=list(pks)).select_related("source").defer("report", "set_aside")
    return {run.pk: run for run in rows}


def origin_of(change: Change, origins: Mapping[UUID | None, Origin]) -> Origin:
    """Where one change comes from."""
    return origins.get(change.context, BY_HAND)
