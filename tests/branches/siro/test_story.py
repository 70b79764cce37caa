"""The whole story: June is published and synchronised, then July with known changes, a bad August, and back."""

import json

import pytest

from branches.models import EstablishmentChange
from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.source import source_named
from tests.benchmarks import siro as synthetic

pytestmark = pytest.mark.usefixtures("own_database")
ROWS = 4_000


def sync(file, **order):
    source = source_named("siro")
    return synchronise(source, prepare(source, Order(**order)), file=file)


def test_story(tmp_path):
    june, july = tmp_path / "siro-202606.csv", tmp_path / "siro-202607.csv"
    synthetic.write(june, ROWS)
    synthetic.write_next(june, july, 500)
    run = sync(june)
    print(run.message, run.state, json.dumps(run.report)[:1500])
    assert run.state == "published", run.message
    run = sync(july)
    print(run.message, run.state, json.dumps(run.report)[:3500])
    assert run.state == "published", run.message
    assert EstablishmentChange.objects.filter(run=run).count() == 500
