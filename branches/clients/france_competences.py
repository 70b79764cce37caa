"""API SIRO of France compétences: its answer of today for one SIRET, where the portal has a monthly table.

    GET {FRANCE_COMPETENCES_API}/siro/v1/public/{siret}     X-Gravitee-Api-Key: {FRANCE_COMPETENCES_KEY}

`code` 01: attached; 02: encrypted establishments, claimed by an OPCO; 03: known from declarations alone; 99: unknown.
`idcc` may be empty and a name « N/C ».
"""

from functools import cache

import msgspec
from django.conf import settings

from branches.clients.opinions import Opinion, Standing, shortened
from opco_portal.identifiers import normalize_idcc
from opco_portal.upstream import Breaker, Deadline, Pace, Question, Upstream

STANDINGS: dict[str, Standing] = {"01": "attached", "02": "claimed", "03": "declared", "99": "unknown"}


def is_configured() -> bool:
    return bool(settings.FRANCE_COMPETENCES_API and settings.FRANCE_COMPETENCES_KEY)


def opinion(siret: str) -> Question[Opinion]:
    """Which OPCO France compétences gives an establishment today."""

    def ask(deadline: Deadline) -> Opinion:
        return _opinion(_engine().get(f"siro/v1/public/{siret}", _Answer, deadline))

    return Question(_engine(), siret, Opinion, ask)


def _engine() -> Upstream:
    return _upstream(settings.FRANCE_COMPETENCES_API, settings.FRANCE_COMPETENCES_KEY)


@cache
def _upstream(base_url: str, key: str) -> Upstream:
    name = "france-competences"
    pace = Pace(name, questions=2, seconds=1, burst=2)
    return Upstream(
        name, base_url, pace, Breaker(name), headers={"X-Gravitee-Api-Key": key}, visitor_burst=10
    )


class _Opco(msgspec.Struct):
    nom: str | None = None


class _Answer(msgspec.Struct):
    code: str
    idcc: str | int | None = None
    opcoRattachement: _Opco | None = None  # noqa: N815 -- the API's own names
    opcoGestion: _Opco | None = None  # noqa: N815


def _opinion(told: _Answer) -> Opinion:
    standing = STANDINGS.get(told.code)
    if standing is None:
        return Opinion("unclear", shortened(told.code))
    label, manager = (
        shortened(opco.nom) if opco else "" for opco in (told.opcoRattachement, told.opcoGestion)
    )
    if standing != "unknown" and not label:
        standing = "unnamed"
    return Opinion(standing, label, manager, normalize_idcc(str(told.idcc or "")) or "")
