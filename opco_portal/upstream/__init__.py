"""Servers that the portal asks while somebody waits: their pace, their failures, their answers."""

from opco_portal.upstream.asking import Deadline, Upstream
from opco_portal.upstream.background import Look, Question
from opco_portal.upstream.breaker import Breaker
from opco_portal.upstream.errors import BadAnswer, Busy, Refused, Unavailable, UpstreamError
from opco_portal.upstream.memory import Dated, key_of
from opco_portal.upstream.pace import Pace
from opco_portal.upstream.visitors import pace_of

__all__ = [
    "BadAnswer",
    "Breaker",
    "Busy",
    "Dated",
    "Deadline",
    "Look",
    "Pace",
    "Question",
    "Refused",
    "Unavailable",
    "Upstream",
    "UpstreamError",
    "key_of",
    "pace_of",
]
