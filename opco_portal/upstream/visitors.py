"""One visitor, or one robot, must not use up the pace that all of them share."""

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from opco_portal.upstream.pace import Pace


def pace_of(request: HttpRequest) -> Pace:
    """How often one client address may have upstreams asked: thirty questions at once, then one a second.

    Pages that are answered from memory do not count.
    """
    address = BaseThrottle().get_ident(Request(request))  # which knows how many proxies stand in front
    return Pace(f"visitor:{address}", questions=60, seconds=60, burst=30)
