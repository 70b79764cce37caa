"""The headcount classes of Insee: without gaps, and as people say them."""

from itertools import pairwise

import pytest

from branches.lookup.headcounts import CLASSES, headcount_in_words


def test_the_classes_follow_one_another_without_a_gap():
    for (_, most), (least, _) in pairwise(CLASSES.values()):
        assert least == most + 1
    assert list(CLASSES.values())[-1] == (10_000, None)


def test_codes_grow_with_the_headcount():
    assert list(CLASSES) == sorted(CLASSES)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("00", "0 salarié"),
        ("01", "1 à 2 salariés"),
        ("03", "6 à 9 salariés"),
        ("11", "10 à 19 salariés"),
        ("42", "1 000 à 1 999 salariés"),
        ("53", "10 000 salariés ou plus"),
    ],
)
def test_a_class_in_words(code, said):
    assert " ".join(headcount_in_words(code).split()) == said


@pytest.mark.parametrize("code", ["NN", "", "12 ", "99", "11.0"])
def test_a_code_that_tells_nothing_is_silent(code):
    assert headcount_in_words(code) == ""
