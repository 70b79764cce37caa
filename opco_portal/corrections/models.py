"""What staff changed of the reference, and why."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse

LONGEST_REASON = 1000  # characters, in forms and files


class Correction(models.Model):
    """One operation by which staff changed reference data: an edit, an import, a way back.

    What it changed is not told here but by the triggers of django-pghistory: every event that they wrote under
    `context` is part of it. `headline` (sentences), `reason` and `source_url` are public; `author` is not.
    """

    class Kind(models.TextChoices):
        EDIT = "edit", "modification"
        CONFLICT = "conflict", "conflit réglé"
        IMPORT = "import", "import"
        REVERT = "revert", "retour en arrière"

    context = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("nature", max_length=10, choices=Kind)
    title = models.CharField("objet", max_length=250)
    headline = models.JSONField("ce qui change", default=list)
    size = models.PositiveIntegerField("objets modifiés")
    reason = models.TextField("motif")
    source_url = models.URLField("source", max_length=300, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="auteur", on_delete=models.PROTECT, related_name="+"
    )
    reverts = models.ForeignKey(
        "self",
        verbose_name="annule",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reverted_by",
    )
    created_at = models.DateTimeField("faite le", auto_now_add=True)

    class Meta:
        verbose_name = "correction"
        verbose_name_plural = "corrections"
        ordering = ["-pk"]
        permissions = [("revert_correction", "Peut annuler une correction")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("correction", args=[self.pk])

    @property
    def fate(self) -> str:
        """« annulée », or « annulée en partie » where something of it was left; "" while it stands."""
        undone = sum(each.size for each in self.reverted_by.all())
        if not undone:
            return ""
        return "annulée" if undone >= self.size else "annulée en partie"
