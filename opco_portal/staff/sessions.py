"""A session ends with the browser, and eight hours after the password was given, whatever was done meanwhile."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone

from opco_portal.french import typeset


class SessionStore(DatabaseStore):
    """Django's, where a session that has a date to end on would otherwise outlive the browser."""

    def get_expire_at_browser_close(self) -> bool:
        return True


def begin(request: HttpRequest, **sent: Any) -> None:
    """Whoever has just logged in is known until then."""
    request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))


def say_if_over(request: HttpRequest) -> None:
    """The login page says why it is there, to who comes with a session that is no more."""
    if request.COOKIES.get(settings.SESSION_COOKIE_NAME) and not request.user.is_authenticated:
        messages.info(
            request,
            typeset("Votre session a pris fin : elle dure huit heures au plus. Connectez-vous de nouveau."),
        )
