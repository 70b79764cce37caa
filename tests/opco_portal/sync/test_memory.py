"""What a process keeps is read once for each data version, and never mixes two."""

import pytest

from opco_portal.sync.memory import Kept
from opco_portal.sync.models import DataVersion

pytestmark = pytest.mark.django_db


class Table:
    """Something to read, and how often it was; `meanwhile` is done once, while it is read."""

    def __init__(self, meanwhile=lambda: None):
        self.read = []
        self._meanwhile = meanwhile
        self.kept = Kept(self._read)

    def _read(self, version):
        self.read.append(version)
        if len(self.read) == 1:
            self._meanwhile()
        return f"read at {version}"


def current():
    return DataVersion.objects.get().number


def test_a_version_is_read_once():
    table, version = Table(), current()
    assert {table.kept(), table.kept(version), table.kept()} == {f"read at {version}"}
    assert table.read == [version]


def test_the_next_version_is_read_at_the_next_question():
    table, version = Table(), current()
    table.kept()
    DataVersion.bump()
    assert table.kept() == f"read at {version + 1}"


def test_what_changes_while_it_is_read_is_read_again():
    table, version = Table(meanwhile=DataVersion.bump), current()
    assert table.kept(version) == f"read at {version + 1}"
    assert table.read == [version, version + 1]


def test_who_comes_with_a_version_that_is_past_gets_the_present_one():
    table, version = Table(), current()
    DataVersion.bump()
    assert table.kept() == table.kept(version) == f"read at {version + 1}"
    assert table.read == [version + 1]


def test_versions_may_step_back_as_a_backup_does():
    table, version = Table(), current()
    table.kept()
    DataVersion.objects.update(number=version - 1)
    assert table.kept() == f"read at {version - 1}"
