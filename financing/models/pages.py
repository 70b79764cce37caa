"""The pages that figures come from, and whether they still answer."""

from django.db import models

from opco_portal.french import day, typeset


class SourcePage(models.Model):
    """What became of a page at the last weekly check, which alone writes this table.

    `failing_since` is the first of the checks at which it failed without answering since.
    """

    class Status(models.TextChoices):
        OK = "ok", "répond"
        MOVED = "moved", "a changé d’adresse"
        GONE = "gone", "n’existe plus"
        UNREACHABLE = "unreachable", "ne répond pas"

    url = models.URLField("adresse", max_length=300, unique=True)
    status = models.CharField("état", max_length=12, choices=Status)
    http_status = models.PositiveSmallIntegerField("code HTTP", null=True, blank=True)
    detail = models.CharField("précision", max_length=500, blank=True)
    checked_at = models.DateTimeField("vérifiée le")
    failing_since = models.DateTimeField("en échec depuis", null=True, blank=True)

    class Meta:
        verbose_name = "page source"
        verbose_name_plural = "pages sources"
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url

    @property
    def told(self) -> str:
        """« n’existe plus (erreur 404), depuis le 16 novembre 2026 »."""
        since = f", depuis le {day(self.failing_since.date())}" if self.failing_since else ""
        detail = f" ({self.detail})" if self.detail else ""
        return typeset(f"{self.get_status_display()}{detail}{since}")
