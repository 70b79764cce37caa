"""What the portal knows of its accounts beyond what Django and django-otp do."""

from django.conf import settings
from django.db import models


class RequiredFactor(models.Model):
    """An account that may not be used without a second factor; no row, and it may."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="required_factor"
    )
    since = models.DateTimeField("exigé le", auto_now_add=True)

    class Meta:
        verbose_name = "second facteur exigé"
        verbose_name_plural = "seconds facteurs exigés"
        default_permissions = ()  # decided on the page of the account

    def __str__(self) -> str:
        return str(self.user)
