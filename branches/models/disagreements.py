"""Where another engine names another OPCO than the portal."""

from django.conf import settings
from django.db import models

from branches.models.agreements import Opco
from opco_portal.identifiers import format_siret


class Disagreement(models.Model):
    """One establishment for which an engine and the portal name two OPCOs: nothing of any person."""

    class Engine(models.TextChoices):
        FRANCE_COMPETENCES = "france-competences", "France compétences"
        CFA_DOCK = "cfa-dock", "CFA Dock"

    siret = models.BigIntegerField("SIRET")
    engine = models.CharField("moteur", max_length=20, choices=Engine)
    opco = models.ForeignKey(Opco, verbose_name="OPCO du portail", on_delete=models.CASCADE, related_name="+")
    source = models.CharField("source du portail", max_length=150)
    vintage = models.CharField("millésime", max_length=40, blank=True)
    other = models.ForeignKey(Opco, verbose_name="OPCO du moteur", on_delete=models.CASCADE, related_name="+")
    said_at = models.DateTimeField("réponse du moteur")
    first_seen_at = models.DateTimeField("vu la première fois", auto_now_add=True)
    seen_at = models.DateTimeField("vu la dernière fois", auto_now=True)
    settled_at = models.DateTimeField("traité le", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="traité par",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    note = models.TextField("note", blank=True)

    class Meta:
        verbose_name = "désaccord avec un moteur"
        verbose_name_plural = "désaccords avec les moteurs"
        ordering = ["-seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["siret", "engine", "opco", "other"], name="one_row_per_disagreement"
            )
        ]

    def __str__(self) -> str:
        return f"{format_siret(self.siret)} : {self.opco} ici, {self.other} chez {self.get_engine_display()}"
