"""Publications and corrections as an Atom feed, for those who would rather be told than look."""

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from branches.news import Item, items, news
from opco_portal.corrections.models import Correction
from opco_portal.french import typeset
from opco_portal.sync.models import Source

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

    def items(self, source: Source | None) -> list[Item]:
        return items(news(source.pk if source else "")[:ENTRIES])

    def item_title(self, item: Item) -> str:
        return typeset(item.title)

    def item_description(self, item: Item) -> str:
        """Atom's summary is HTML here, so the sentences are escaped."""
        if isinstance(item, Correction):
            undone = [f"Correction {item.fate} depuis."] if item.fate else []
            return escape(" ".join([*undone, *item.headline, typeset(f"Motif : {item.reason}")]))
        withdrawn = ["Publication retirée depuis."] if item.withdrawn_at else []
        return escape(" ".join([*withdrawn, *(getattr(item, "sentences", None) or ())]))

    def item_pubdate(self, item: Item) -> datetime:
        return (None if isinstance(item, Correction) else item.finished_at) or item.created_at

    def item_updateddate(self, item: Item) -> datetime:
        if isinstance(item, Correction):
            return max([item.created_at, *(undone.created_at for undone in item.reverted_by.all())])
        return item.withdrawn_at or item.finished_at or item.created_at


def _only(source: Source | None) -> str:
    return f"?source={source.pk}" if source else ""
