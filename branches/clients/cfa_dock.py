"""CFA Dock: which OPCO the apprenticeship centres' engine gives a SIRET.

    GET {CFA_DOCK_API}/api/opcos?siret=…

`searchStatus` OK (`ok` in older answers), MULTIPLE_OPCO or NOT_FOUND. 25 requests a minute in practice: the portal
asks 20, of which 4 may come together.
"""

from functools import cache

import msgspec
from django.conf import settings

from branches.clients.opinions import Opinion, Standing, shortened
from opco_portal.identifiers import normalize_idcc
from opco_portal.upstream import Breaker, Deadline, Pace, Question, Upstream

STANDINGS: dict[str, Standing] = {"OK": "attached", "MULTIPLE_OPCO": "several", "NOT_FOUND": "unknown"}


def is_configured() -> bool:
    return bool(settings.CFA_DOCK_API)


def opinion(siret: str) -> Question[Opinion]:
    """Which OPCO CFA Dock gives an establishment."""

    def ask(deadline: Deadline) -> Opinion:
        return _opinion(_engine().get("api/opcos", _Answer, deadline, siret=siret))

    return Question(_engine(), siret, Opinion, ask)


def _engine() -> Upstream:
    return _upstream(settings.CFA_DOCK_API)


@cache
def _upstream(base_url: str) -> Upstream:
    name = "cfa-dock"
    return Upstream(
        name, base_url, Pace(name, questions=20, seconds=60, burst=4), Breaker(name), visitor_burst=3
    )


class _Answer(msgspec.Struct):
    searchStatus: str  # noqa: N815 -- the API's own names
    opcoName: str | None = None  # noqa: N815
    idcc: str | int | None = None


def _opinion(told: _Answer) -> Opinion:
    standing = STANDINGS.get(told.searchStatus.strip().upper())
    if standing is None:
        return Opinion("unclear", shortened(told.searchStatus))
    label = shortened(told.opcoName) if standing == "attached" else ""
    if standing == "attached" and not label:
        standing = "unnamed"
    return Opinion(standing, label, "", normalize_idcc(str(told.idcc or "")) or "")
