"""OPCOs, agreements with their names, and the approved branches."""

from datetime import date
from typing import Any

import pghistory
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from branches.models.text import SortKey
from branches.words import words_of

is_idcc = RegexValidator(r"^\d{4}$", "Un IDCC s’écrit avec quatre chiffres, par exemple 1486.")


class OpcoQuerySet(models.QuerySet["Opco"]):
    def with_counts(self) -> "OpcoQuerySet":
        """Add `branch_count` (lines of the approval orders) and `agreement_count` (IDCC of the SIRO table)."""
        from branches.models.attachments import Attachment  # which knows Opco

        counted = Attachment.objects.filter(opco=OuterRef("pk"), source=Attachment.Source.SIRO)
        approved = Branch.objects.filter(opco=OuterRef("pk"))
        return self.annotate(branch_count=_count(approved), agreement_count=_count(counted))


def _count(rows: models.QuerySet[Any]) -> Coalesce:
    """How many rows, as a subquery of its own: joining both counts would multiply them."""
    grouped = rows.order_by().values("opco").annotate(total=Count("*")).values("total")
    return Coalesce(Subquery(grouped), 0)


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def named(self, text: str) -> "AgreementQuerySet":
        """Keep those of which every word is in the IDCC, a title or a usual name, accents ignored."""
        rows = self
        for word in words_of(text):
            names = AgreementName.objects.in_use().alias(key=SortKey("name")).filter(key__contains=word)
            rows = rows.alias(long_key=SortKey("title"), short_key=SortKey("short_title")).filter(
                Q(idcc__contains=word)
                | Q(long_key__contains=word)
                | Q(short_key__contains=word)
                | Q(pk__in=names.values("agreement"))
            )
        return rows

    def with_opco(self, on: date) -> "AgreementQuerySet":
        """Add the OPCO that the portal `decided` that day and the one `counted` most, by name, with its `share`."""
        from branches.models.attachments import Attachment  # which knows Agreement

        of_it = Attachment.objects.filter(agreement=OuterRef("pk"))
        decided = of_it.filter(source=Attachment.Source.MANUAL, validity__contains=on)
        counted = of_it.filter(source=Attachment.Source.SIRO).order_by("-establishments", "opco")
        return self.annotate(
            decided=Subquery(decided.values("opco__name")[:1]),
            counted=Subquery(counted.values("opco__name")[:1]),
            share=Subquery(counted.values("share")[:1]),
        )


class AgreementNameQuerySet(models.QuerySet["AgreementName"]):
    def in_use(self) -> "AgreementNameQuerySet":
        """Without those that staff retired."""
        return self.filter(retired=False)


class BranchQuerySet(models.QuerySet["Branch"]):
    def named(self, text: str) -> "BranchQuerySet":
        """Keep those of which every word is in the title or the IDCC, accents ignored."""
        rows = self
        for word in words_of(text):
            rows = rows.alias(key=SortKey("title")).filter(
                Q(key__contains=word) | Q(agreement__idcc__contains=word)
            )
        return rows


@pghistory.track()
class Opco(models.Model):
    """One of the eleven opérateurs de compétences."""

    slug = models.SlugField("identifiant", primary_key=True, max_length=20)
    name = models.CharField("nom", max_length=60, unique=True)
    siro_label = models.CharField("libellé dans la table SIRET-OPCO", max_length=60, unique=True)
    sector = models.CharField("champ", max_length=250)
    order_title = models.CharField("arrêté d’agrément", max_length=80)
    order_date = models.DateField("date de l’arrêté")
    order_url = models.URLField("texte de l’arrêté")
    website = models.URLField("site officiel")
    criteria_url = models.URLField("critères de financement", max_length=300)
    portal_name = models.CharField("nom de l’espace en ligne", max_length=60, blank=True)
    portal_url = models.URLField("adresse de l’espace en ligne", blank=True)
    contact_email = models.EmailField("adresse de contact", blank=True)
    verified_on = models.DateField("pages vérifiées le")

    objects = OpcoQuerySet.as_manager()

    class Meta:
        verbose_name = "OPCO"
        verbose_name_plural = "OPCO"
        ordering = [SortKey("name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("opco", args=[self.slug])


@pghistory.track()
class Agreement(models.Model):
    """A collective agreement, known by its IDCC (four digits).

    `origin` says who wrote title, status and successor last: the portal's reference files, a synchronised
    list, or staff. Neither the files nor a synchronisation touch what staff wrote.
    """

    class Origin(models.TextChoices):
        REFERENCE = "reference", "référence"
        SYNC = "sync", "synchronisation"
        MANUAL = "manual", "saisie"

    class Status(models.TextChoices):
        ACTIVE = "active", "en vigueur"
        MERGED = "merged", "fusionnée ou remplacée"
        ESCAPE = "escape", "code de repli"
        UNKNOWN = "unknown", "situation non publiée"

    class LegalState(models.TextChoices):
        EXTENDED = "extended", "en vigueur, étendue"
        NOT_EXTENDED = "not_extended", "en vigueur, non étendue"
        IN_FORCE = "in_force", "en vigueur"
        REPLACED = "replaced", "remplacée"
        REPEALED = "repealed", "abrogée"
        EXPIRED = "expired", "périmée"
        DENOUNCED = "denounced", "dénoncée"

    class TitleSource(models.TextChoices):
        KALI = "kali", "base KALI (DILA)"
        LEGIFRANCE = "legifrance", "Légifrance"
        APPROVAL = "approval", "tableau d’agrément de 2019"
        LIST = "list", "liste publiée"
        DARES = "dares", "liste des conventions de la Dares"

    idcc = models.CharField("IDCC", max_length=4, primary_key=True, validators=[is_idcc])
    title = models.CharField("titre", max_length=500, blank=True)
    short_title = models.CharField("titre court", max_length=250, blank=True)
    scope = models.CharField("champ", max_length=500, blank=True)
    status = models.CharField("situation", max_length=10, choices=Status)
    successor = models.ForeignKey(
        "self",
        verbose_name="remplacée par",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
    )
    legifrance_id = models.CharField("identifiant Légifrance", max_length=40, blank=True)
    legal_state = models.CharField("état juridique", max_length=12, choices=LegalState, blank=True)
    title_source = models.CharField("source du titre", max_length=10, choices=TitleSource, blank=True)
    source_url = models.URLField("source", max_length=300, blank=True)
    origin = models.CharField("origine", max_length=10, choices=Origin, default=Origin.REFERENCE)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "convention collective"
        verbose_name_plural = "conventions collectives"
        ordering = ["idcc"]
        constraints = [
            models.CheckConstraint(condition=Q(idcc__regex=r"^\d{4}$"), name="idcc_has_four_digits"),
            models.CheckConstraint(condition=~Q(successor=F("idcc")), name="agreement_succeeds_another"),
        ]

    def __str__(self) -> str:
        return f"{self.idcc} {self.short_title or 'titre non publié'}"

    def get_absolute_url(self) -> str:
        return reverse("agreement", args=[self.idcc])


@pghistory.track()
class AgreementName(models.Model):
    """A word or name that people use for an agreement, or a trade that it covers."""

    class Kind(models.TextChoices):
        NAME = "name", "nom usuel"
        ABBREVIATION = "abbreviation", "sigle"
        TRADE = "trade", "métier ou activité"

    class Origin(models.TextChoices):
        REFERENCE = "reference", "référence"
        MANUAL = "manual", "saisie"

    agreement = models.ForeignKey(
        Agreement, verbose_name="convention", on_delete=models.CASCADE, related_name="names"
    )
    name = models.CharField("nom", max_length=100)
    kind = models.CharField("nature", max_length=12, choices=Kind)
    origin = models.CharField("origine", max_length=10, choices=Origin, default=Origin.MANUAL)
    retired = models.BooleanField(
        "retiré",
        default=False,
        help_text="Un nom retiré n’est plus proposé, et n’est pas repris du référentiel.",
    )

    objects = AgreementNameQuerySet.as_manager()

    class Meta:
        verbose_name = "nom usuel"
        verbose_name_plural = "noms usuels"
        ordering = ["agreement", "kind", "name"]
        constraints = [
            models.UniqueConstraint(
                "agreement",
                SortKey("name"),
                name="one_name_per_agreement",
                violation_error_message="Cette convention porte déjà ce nom, aux accents et aux majuscules près : "
                "corrigez-le, ou rétablissez-le s’il est retiré.",
            )
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Branch(models.Model):
    """One line of the 2019 approval orders: a professional branch and the OPCO it was approved to.

    The reference files leave a line that staff corrected.
    """

    class Origin(models.TextChoices):
        REFERENCE = "reference", "référence"
        MANUAL = "manual", "saisie"

    line = models.PositiveSmallIntegerField("ligne du tableau", primary_key=True)
    title = models.CharField("intitulé", max_length=400)
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="branches")
    agreement = models.ForeignKey(
        Agreement,
        verbose_name="convention",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="branches",
    )
    order_date = models.DateField("date de l’arrêté")
    order_url = models.URLField("texte de l’arrêté", blank=True)
    origin = models.CharField("origine", max_length=10, choices=Origin, default=Origin.REFERENCE)

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = "branche agréée"
        verbose_name_plural = "branches agréées"
        ordering = ["line"]

    def __str__(self) -> str:
        return self.title
