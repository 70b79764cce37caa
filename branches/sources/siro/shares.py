"""Counted pairs of IDCC and OPCO, and the shares that follow. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

# (IDCC, OPCO slug) -> number of establishments
Pairs = Mapping[tuple[str, str], int]


def totals_by_idcc(pairs: Pairs) -> dict[str, int]:
    """IDCC -> establishments, all OPCOs together."""
    totals: dict[str, int] = defaultdict(int)
    for (idcc, _), count in pairs.items():
        totals[idcc] += count
    return totals


def share_of(count: int, total: int) -> Decimal:
    """A fraction of 1 with six decimals, rounded down: only the whole is 1."""
    return (Decimal(count) / total).quantize(Decimal("0.000001"), ROUND_DOWN)
