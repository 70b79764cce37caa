"""Whoever changes the reference data waits for its turn, so that nobody works on what another is about to change."""

import threading

import pytest
from django.db import connection, transaction

from branches import search
from branches.models import SearchTerm
from opco_portal.sync.models import DataVersion


@pytest.mark.usefixtures("own_database")
def test_two_who_derive_the_search_terms_follow_one_another():
    """Without their turns, the second would not see the terms of the first, and would leave them all twice."""
    count, ready = SearchTerm.objects.count(), threading.Event()

    def rebuild() -> None:
        try:
            with transaction.atomic():
                ready.set()
                DataVersion.hold()
                search.rebuild()
        finally:
            connection.close()

    second = threading.Thread(target=rebuild)
    with transaction.atomic():
        DataVersion.hold()
        search.rebuild()
        second.start()
        ready.wait(10)
    second.join(30)
    assert SearchTerm.objects.count() == count


@pytest.mark.usefixtures("own_database")
def test_a_portal_without_a_version_yet_can_be_held():
    DataVersion.objects.all().delete()
    with transaction.atomic():
        DataVersion.hold()
        DataVersion.bump()
    assert DataVersion.objects.get().number == 2
