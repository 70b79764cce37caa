"""Who wrote a row last."""

from django.db import models


class Origin(models.TextChoices):
    """The portal's reference files, or staff: the files leave what staff wrote."""

    REFERENCE = "reference", "référence"
    MANUAL = "manual", "saisie"
