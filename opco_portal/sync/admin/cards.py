"""What the dashboard of the administration says of the synchronisations."""

from django.http import HttpRequest

from opco_portal.french import day, listed, number
from opco_portal.staff.dashboard import Card, Example, card
from opco_portal.staff.lists import list_url, page_url
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.overview import latest_runs
from opco_portal.sync.source import registered

State = SyncRun.State
WRONG = (State.REFUSED, State.FAILED, State.INTERRUPTED)


@card(SyncRun, order=5)
def synchronisations(request: HttpRequest) -> Card | None:
    """How the last synchronisation of each source ended; trials count for nothing. Two queries."""
    sources = list(Source.objects.filter(pk__in=[source.code for source in registered()]))
    runs = {run.source_id: run for run in latest_runs().filter(dry_run=False)}
    wrong = [source for source in sources if (run := runs.get(source.pk)) and run.state in WRONG]
    never = [source for source in sources if source.pk not in runs]
    if wrong:
        return Card(
            title="mise à jour en échec ou refusée"
            if len(wrong) == 1
            else "mises à jour en échec ou refusées",
            figure=number(len(wrong)),
            sentence="Les données servies n’ont pas changé. Lisez pourquoi, puis réessayez ou forcez.",
            url=list_url(SyncRun),
            link="Voir les synchronisations",
            tone="alert",
            examples=[_told(source, runs.get(source.pk)) for source in [*wrong, *_others(sources, wrong)]],
        )
    if never:
        return Card(
            title="source jamais synchronisée" if len(never) == 1 else "sources jamais synchronisées",
            figure=number(len(never)),
            sentence="Le portail répond d’après ses fichiers de référence. Lancez une première synchronisation.",
            url=list_url(Source),
            link="Voir les sources",
            examples=[_told(source, runs.get(source.pk)) for source in [*never, *_others(sources, never)]],
        )
    served = listed([f"{source.name}, {source.vintage}" for source in sources])
    fine = f"dernières synchronisations réussies ({served})"
    return Card(title="Synchronisations", sentence="", url=list_url(SyncRun), tone="ok", fine=fine)


def _others(sources: list[Source], told: list[Source]) -> list[Source]:
    return [source for source in sources if source not in told]


def _told(source: Source, run: SyncRun | None) -> Example:
    """What is served of a source, and how the last synchronisation ended."""
    served = f"{source.vintage} servi" if source.vintage else "rien de servi"
    if run is None:
        return Example(source.name, page_url(source), f"{served}, jamais synchronisée")
    return Example(source.name, page_url(run), f"{run.outcome} le {day(run.created_at.date())}, {served}")
