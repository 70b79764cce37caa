"""Corrections as a table to take away."""

from opco_portal.corrections.columns import Column, Moment
from opco_portal.corrections.imports import Listing
from opco_portal.corrections.models import Correction


class Corrections(Listing):
    title = "Corrections"

    pk = Column("pk", "N°")
    created_at = Column("created_at", "Faite le", Moment())
    kind = Column("get_kind_display", "Nature")
    headline = Column("headline", "Ce qui change")
    size = Column("size", "Objets modifiés")
    reason = Column("reason", "Motif")
    source_url = Column("source_url", "Source")
    author = Column("author__username", "Auteur")
    reverts = Column("reverts_id", "Annule le n°")

    class Meta:
        model = Correction

    def dehydrate_headline(self, row: Correction) -> str:
        return "\n".join(row.headline)
