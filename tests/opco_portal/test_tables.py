"""What was done to a table, as people read it."""

import pytest

from opco_portal.tables import Change


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((1, 0, 2), "Règles\u00a0: 1\u00a0ajout, 2\u00a0retraits"),
        ((0, 1500, 0), "Règles\u00a0: 1\u202f500\u00a0modifications"),
        ((0, 0, 0), "Règles\u00a0: rien de changé"),
    ],
)
def test_a_change_counts_what_was_done(counts, told):
    assert str(Change("Règles", *counts)) == told
