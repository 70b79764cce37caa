"""Two people who correct at the same moment follow one another: neither works on what the other is about to change."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import connection

from branches.models import Agreement
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.models import Correction
from opco_portal.corrections.revert import Overtaken, revert
from opco_portal.sync.models import DataVersion

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def camille(own_database: str) -> User:
    return User.objects.create_user("camille")


@contextmanager
def first(author: User, second: Callable[[], None]) -> Iterator[None]:
    """A correction during which another thread, on a connection of its own, begins the second."""
    begun, raised = threading.Event(), []

    def run() -> None:
        try:
            begun.set()
            second()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with correcting(author, reason="premier"):
        thread.start()
        begun.wait(10)
        yield
    thread.join(30)
    assert (thread.is_alive(), raised) == (False, [])


def add(letter: str) -> None:
    """What is written depends on what is read, as in every edit."""
    row = Agreement.objects.get(pk="1486")
    row.scope = f"{row.scope}{letter}"[-3:]
    row.save()


def test_the_second_reads_what_the_first_wrote(camille):
    dominique, version = User.objects.create_user("dominique"), DataVersion.objects.get().number

    def second() -> None:
        with correcting(dominique, reason="second"):
            add("B")

    with first(camille, second):
        add("A")
    assert Agreement.objects.get(pk="1486").scope.endswith("AB")
    assert [each.reason for each in Correction.objects.all()] == ["second", "premier"]
    assert DataVersion.objects.get().number == version + 2


def test_a_way_back_does_not_undo_what_another_is_writing(camille):
    with correcting(camille, reason="à annuler") as draft:
        add("A")

    def undo() -> None:
        with pytest.raises(Overtaken):
            revert(draft.made, camille, "erreur")

    with first(camille, undo):
        add("B")
    assert Agreement.objects.get(pk="1486").scope.endswith("AB")
