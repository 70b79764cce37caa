"""Where the data comes from, and which version of it is being served."""

from django.db import models
from django.db.models import F, Q


class Source(models.Model):
    """An official source and the vintage of it that the portal serves now."""

    code = models.SlugField("code", primary_key=True)
    name = models.CharField("nom", max_length=120)
    publisher = models.CharField("éditeur", max_length=120)
    vintage = models.CharField("millésime", max_length=40, help_text="Tel qu’il est cité : « juin 2026 ».")
    as_of = models.DateField("état des données au")
    url = models.URLField("page de la source")
    licence = models.CharField("licence", max_length=60, blank=True)
    published_rows = models.PositiveIntegerField("lignes publiées", null=True, blank=True)
    loaded_rows = models.PositiveIntegerField("lignes chargées", default=0)
    loaded_at = models.DateTimeField("chargée le", auto_now=True)

    class Meta:
        verbose_name = "source"
        verbose_name_plural = "sources"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name}, {self.vintage}"

    @property
    def is_sample(self) -> bool:
        """Only part of what the publisher gives out is loaded, so an absence proves nothing."""
        return self.published_rows is not None and self.loaded_rows < self.published_rows


class DataVersion(models.Model):
    """One row whose number grows with every committed change of the reference data.

    Whatever is kept in memory or in a cache carries the number it was computed from, so a change is seen by
    every process at its next request. A sequence would not do: it moves before the transaction commits.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_data_version")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls) -> None:
        """Tell every process that the reference data has changed (inside the transaction that changes it)."""
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1)
