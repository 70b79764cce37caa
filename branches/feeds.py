"""The publications as an Atom feed: what changed, for those who would rather be told than look."""

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from branches.changes import summaries
from opco_portal.french import typeset
from opco_portal.sync.models import Source, SyncRun

ENTRIES = 30


class ChangesFeed(Feed):
    """/donnees/changements/flux.atom, with `?source=` for one source. An entry's id is its absolute address."""

    feed_type = Atom1Feed
    language = "fr"
    author_name = "Portail OPCO"

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Source | None:
        code = request.GET.get("source")
        if not code:
            return None
        known = {source.pk: source for source in Source.objects.all()}
        if code not in known:
            raise Http404("Cette source n’existe pas.")
        return known[code]

    def title(self, source: Source | None) -> str:
        return f"{source.name}, changements publiés" if source else "Portail OPCO, changements des données"

    def subtitle(self, source: Source | None) -> str:
        return "Ce que chaque nouvelle version des données a changé."

    def link(self, source: Source | None) -> str:
        return reverse("changes") + _only(source)

    def feed_url(self, source: Source | None) -> str:
        return reverse("changes_feed") + _only(source)

    def items(self, source: Source | None) -> QuerySet[SyncRun]:
        runs = summaries()
        return (runs.filter(source=source) if source else runs)[:ENTRIES]

    def item_title(self, item: SyncRun) -> str:
        return typeset(item.title)

    def item_description(self, item: SyncRun) -> str:
        """Atom's summary is HTML here, so the sentences are escaped."""
        withdrawn = ["Publication retirée depuis."] if item.withdrawn_at else []
        return escape(" ".join([*withdrawn, *(getattr(item, "sentences", None) or ())]))

    def item_pubdate(self, item: SyncRun) -> datetime:
        return item.finished_at or item.created_at

    def item_updateddate(self, item: SyncRun) -> datetime:
        return item.withdrawn_at or item.finished_at or item.created_at


def _only(source: Source | None) -> str:
    return f"?source={source.pk}" if source else ""
