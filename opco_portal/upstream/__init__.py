"""Servers that the portal asks while somebody waits: their pace, their failures, their answers."""

from opco_portal.upstream.asking import Upstream
from opco_portal.upstream.background import Look, Question
from opco_portal.upstream.breaker import Breaker
from opco_portal.upstream.deadline import Deadline
from opco_portal.upstream.errors import BadAnswer, Busy, Refused, Unavailable, UpstreamError
from opco_portal.upstream.memory import Dated, is_stale, key_of
from opco_portal.upstream.pace import Pace
from opco_portal.upstream.visitors import visitor_of

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
    "is_stale",
    "key_of",
    "visitor_of",
]
