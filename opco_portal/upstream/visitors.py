"""Who makes the portal ask: one visitor, or one robot, must not use up the pace that all of them share."""

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


def visitor_of(request: HttpRequest) -> str:
    """The client address, as far as the proxies in front can be believed; it is kept for some minutes at most."""
    return str(BaseThrottle().get_ident(Request(request)))
