"""What the search by words derives from the other tables; `branches.search` fills and reads it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q, TextField

from branches.models.activities import Activity
from branches.models.agreements import Agreement
from branches.models.text import SortKey


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
