"""Rules and envelopes by words, for staff: accents ignored, every word in some part of what names them."""

from django.db.models import Q, QuerySet

from branches.models.text import SortKey
from branches.words import words_of
from financing.models import Envelope, Rule


def rules(text: str) -> "QuerySet[Rule]":
    """By code, label, theme, OPCO, or the IDCC of a branch."""
    rows: QuerySet[Rule] = Rule.objects.alias(
        label_key=SortKey("label"), topic_key=SortKey("topic"), opco_key=SortKey("opco__name")
    )
    for word in words_of(text):
        of_branch = Q(idccs__contains=[word.zfill(4)]) if word.isdecimal() and len(word) <= 4 else Q()
        rows = rows.filter(
            Q(code__contains=word)
            | Q(label_key__contains=word)
            | Q(topic_key__contains=word)
            | Q(opco_key__contains=word)
            | of_branch
        )
    return rows


def envelopes(text: str) -> "QuerySet[Envelope]":
    """By code, label or OPCO."""
    rows: QuerySet[Envelope] = Envelope.objects.alias(
        label_key=SortKey("label"), opco_key=SortKey("opco__name")
    )
    for word in words_of(text):
        rows = rows.filter(Q(code__contains=word) | Q(label_key__contains=word) | Q(opco_key__contains=word))
    return rows
