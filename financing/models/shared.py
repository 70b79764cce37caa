"""What tables of financing have in common: who pays, the terms they are written in, the page they come from."""

from collections.abc import Iterable
from enum import Enum

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q

from branches.models import Opco
from financing.calculator.terms import Term


# ------------------------------------------------------------------------------------------------ columns
def payer(related_name: str, *, once: bool = False) -> "models.ForeignKey[Opco | None, Opco | None]":
    """The OPCO that a row belongs to, or that it alone belongs to."""
    kind = models.OneToOneField if once else models.ForeignKey
    return kind(
        Opco,
        verbose_name="OPCO",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        help_text="Aucun : le cadre national.",
    )


def terms(verbose_name: str, kind: type[Term], *, max_length: int = 12, help_text: str) -> ArrayField:
    """A list of terms."""
    return ArrayField(
        models.CharField(max_length=max_length, choices=kind.choices),
        verbose_name=verbose_name,
        default=list,
        blank=True,
        help_text=help_text,
    )


# ------------------------------------------------------------------------------------------------ what is refused
def has_a_source(table: str, message: str) -> CheckConstraint:
    """Nothing is written without the page that says it."""
    return CheckConstraint(
        condition=Q(source_url__startswith="https://"),
        name=f"{table}_has_a_source",
        violation_error_message=message,
    )


def one_of(table: str, column: str, known: Iterable[Enum], *, blank: bool = False) -> CheckConstraint:
    """A column holds one of the terms; the calculator could not read another."""
    values = [each.value for each in known]
    return CheckConstraint(
        condition=Q(**{f"{column}__in": ["", *values] if blank else values}),
        name=f"{table}_{column}_is_a_term",
        violation_error_message="Ce terme n’est pas de ceux que le calcul connaît.",
    )


def some_of(table: str, column: str, known: Iterable[Enum]) -> CheckConstraint:
    """A list holds nothing but these terms."""
    return CheckConstraint(
        condition=Q(**{f"{column}__contained_by": [each.value for each in known]}),
        name=f"{table}_{column}_are_terms",
        violation_error_message="Un de ces termes n’est pas de ceux que le calcul connaît.",
    )
