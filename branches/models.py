"""Who is attached to which OPCO: the reference tables.

Everything small (OPCOs, agreements, attachments) is read whole into `branches.evidence`; only the
establishments, 3.7 million rows, are read one primary key at a time.
"""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Count, F, Func, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Coalesce
from django.urls import reverse

from branches.words import words_of

is_idcc = RegexValidator(r"^\d{4}$", "Un IDCC s’écrit avec quatre chiffres, par exemple 1486.")


class SortKey(Func):
    """Unaccented lower-case text: "Énergie" sorts between "Eau" and "Fleuristes" without ICU."""

    function = "portal_key"
    output_field = TextField()


class OpcoQuerySet(models.QuerySet["Opco"]):
    def with_counts(self) -> "OpcoQuerySet":
        """Add `branch_count` (lines of the approval orders) and `agreement_count` (IDCC of the SIRO table)."""
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
            names = AgreementName.objects.alias(key=SortKey("name")).filter(key__contains=word)
            rows = rows.alias(long_key=SortKey("title"), short_key=SortKey("short_title")).filter(
                Q(idcc__contains=word)
                | Q(long_key__contains=word)
                | Q(short_key__contains=word)
                | Q(pk__in=names.values("agreement"))
            )
        return rows


class BranchQuerySet(models.QuerySet["Branch"]):
    def named(self, text: str) -> "BranchQuerySet":
        """Keep those of which every word is in the title or the IDCC, accents ignored."""
        rows = self
        for word in words_of(text):
            rows = rows.alias(key=SortKey("title")).filter(
                Q(key__contains=word) | Q(agreement__idcc__contains=word)
            )
        return rows


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


class Agreement(models.Model):
    """A collective agreement, known by its IDCC (four digits)."""

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

    class Meta:
        verbose_name = "nom usuel"
        verbose_name_plural = "noms usuels"
        ordering = ["agreement", "kind", "name"]
        constraints = [models.UniqueConstraint("agreement", SortKey("name"), name="one_name_per_agreement")]

    def __str__(self) -> str:
        return self.name


class Branch(models.Model):
    """One line of the 2019 approval orders: a professional branch and the OPCO it was approved to."""

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

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = "branche agréée"
        verbose_name_plural = "branches agréées"
        ordering = ["line"]

    def __str__(self) -> str:
        return self.title


class Attachment(models.Model):
    """What one source says: this agreement belongs to that OPCO."""

    class Source(models.TextChoices):
        MANUAL = "manual", "décision du portail"
        SIRO = "siro", "table SIRET-OPCO"
        APPROVAL = "approval", "arrêté d’agrément"
        LIST = "list", "liste publiée"

    agreement = models.ForeignKey(
        Agreement, verbose_name="convention", on_delete=models.CASCADE, related_name="attachments"
    )
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="attachments")
    source = models.CharField("source", max_length=10, choices=Source)
    establishments = models.PositiveIntegerField("établissements", null=True, blank=True)
    share = models.DecimalField(
        "part",
        max_digits=7,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Part des établissements de la convention, de 0 à 1.",
    )
    vintage = models.CharField("millésime", max_length=40, blank=True)
    document_date = models.DateField("date du document", null=True, blank=True)
    source_url = models.URLField("document", max_length=300, blank=True)
    to_confirm = models.BooleanField("à confirmer", default=False)
    validity = DateRangeField("période", null=True, blank=True)
    reason = models.TextField("motif", blank=True)
    author = models.ForeignKey(
        "auth.User", verbose_name="auteur", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "rattachement"
        verbose_name_plural = "rattachements"
        ordering = ["agreement", F("establishments").desc(nulls_last=True), "opco"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "opco", "source"],
                condition=~Q(source="manual"),
                name="one_attachment_per_source",
            ),
            ExclusionConstraint(
                name="manual_periods_do_not_overlap",
                expressions=[("agreement", RangeOperators.EQUAL), ("validity", RangeOperators.OVERLAPS)],
                condition=Q(source="manual"),
                violation_error_message=(
                    "Une autre décision couvre déjà une partie de cette période : terminez-la d’abord."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(source="manual")
                | (Q(validity__isnull=False) & ~Q(reason="") & ~Q(source_url="")),
                name="manual_attachment_is_justified",
                violation_error_message="Une décision demande une période, un motif et un lien vers sa source.",
            ),
            models.CheckConstraint(
                condition=~Q(source="siro") | Q(establishments__isnull=False, share__isnull=False),
                name="siro_attachment_is_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} → {self.opco_id} ({self.get_source_display()})"


class DeclaredOpco(models.Model):
    """Establishments that declared an escape code, by the OPCO that they chose: a count, not an attachment."""

    agreement = models.ForeignKey(
        Agreement, verbose_name="code de repli", on_delete=models.CASCADE, related_name="declared"
    )
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="+")
    establishments = models.PositiveIntegerField("établissements")

    class Meta:
        verbose_name = "OPCO déclaré sous un code de repli"
        verbose_name_plural = "OPCO déclarés sous un code de repli"
        ordering = ["agreement", "-establishments"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "opco"], name="one_count_per_declared_opco")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} → {self.opco_id}"


class Establishment(models.Model):
    """A row of the SIRET-OPCO table: replaced whole by each sync, so nothing has a foreign key into it.

    Codes are kept as text without foreign keys out of it either: COPY must not check 3.7 million of them.
    """

    siret = models.BigIntegerField(primary_key=True)
    idcc = models.CharField(max_length=4, null=True)  # noqa: DJ001 -- NULL: the table gives none
    owner = models.CharField(max_length=20, null=True)  # noqa: DJ001
    manager = models.CharField(max_length=20, null=True)  # noqa: DJ001

    class Meta:
        verbose_name = "établissement"
        verbose_name_plural = "établissements"

    def __str__(self) -> str:
        return f"{self.siret:014d}"


class Activity(models.Model):
    """A NAF rev. 2 code of any level, from division (2 digits) to sub-class (4 digits and a letter)."""

    code = models.CharField("code NAF", max_length=6, primary_key=True)
    label = models.CharField("intitulé", max_length=250)

    class Meta:
        verbose_name = "activité"
        verbose_name_plural = "activités (NAF)"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("activity", args=[self.code])


class ActivityOpco(models.Model):
    """Most frequent OPCO in a sample of the establishments of a NAF prefix: indicative, and shown as such."""

    prefix = models.CharField("préfixe NAF", max_length=6, primary_key=True)
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="+")
    share = models.DecimalField("part", max_digits=4, decimal_places=3)
    establishments = models.PositiveIntegerField("établissements de l’échantillon")

    class Meta:
        verbose_name = "OPCO fréquent d’une activité"
        verbose_name_plural = "OPCO fréquents par activité"
        ordering = ["prefix"]

    def __str__(self) -> str:
        return f"{self.prefix} → {self.opco_id}"


class SearchTerm(models.Model):
    """A text by which an agreement or an activity can be found; derived, rebuilt by `branches.search.rebuild`.

    A merged agreement's texts are filed under its last successor (`via` names the merged one).
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, null=True, related_name="+")
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, null=True, related_name="+")
    via = models.CharField(max_length=4, blank=True)
    kind = models.CharField(max_length=12)
    text = models.TextField()
    weight = models.FloatField(help_text="how much a match of this kind of text is worth")
    mass = models.FloatField(default=0, help_text="rarity of all its words together")
    key = models.GeneratedField(expression=SortKey("text"), output_field=TextField(), db_persist=True)
    vector = models.GeneratedField(
        expression=SearchVector("text", config="portal_fr"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agreement__isnull=False) ^ Q(activity__isnull=False), name="term_has_one_target"
            )
        ]
        indexes = [
            GinIndex(fields=["vector"], name="search_term_vector"),
            GinIndex(OpClass(F("key"), name="gin_trgm_ops"), name="search_term_key_trgm"),
        ]

    def __str__(self) -> str:
        return self.text


class SearchWord(models.Model):
    """A word of the search terms: the dictionary against which typos are mended, and how rare its stem is."""

    word = models.TextField(primary_key=True)
    lexeme = models.TextField()
    rarity = models.FloatField(help_text="ln(1 + terms / terms that contain the stem)")

    class Meta:
        indexes = [
            GinIndex(OpClass(F("word"), name="gin_trgm_ops"), name="search_word_trgm"),
            models.Index(fields=["lexeme"], name="search_word_lexeme"),
        ]

    def __str__(self) -> str:
        return self.word
