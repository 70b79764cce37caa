"""The golden cases of the calculator, on the rules of the reference files."""

from decimal import Decimal
from functools import cache

import pytest
from msgspec import ValidationError, convert

from financing.calculator import Criteria, Rulebook, estimate
from financing.calculator.terms import Scheme
from financing.reference.files import read_all
from tests.financing.golden import Case, Sheet, differences, named, project_of, sheets

SHEETS = sheets()
OPCOS = [sheet.opco for sheet in SHEETS]


@cache
def criteria() -> dict[str | None, Criteria]:
    """The files, by OPCO; the national frame's is that of None."""
    return {each.opco: each for each in read_all()}


@cache
def rulebook(opco: str) -> Rulebook:
    """What the calculator takes of an OPCO and of the law."""
    both = criteria()[opco], criteria()[None]
    return Rulebook(
        opco=opco,
        name=opco,
        rules=tuple(rule for each in both for rule in each.rules),
        envelopes={envelope.code: envelope for each in both for envelope in each.envelopes},
        criteria=both,
    )


def param(sheet: Sheet, case: Case):
    marks = [pytest.mark.xfail(reason=case.disputed, strict=True)] if case.disputed else []
    return pytest.param(sheet.opco, case, id=f"{sheet.opco}-{case.case}", marks=marks)


@pytest.mark.parametrize(("opco", "case"), [param(sheet, case) for sheet in SHEETS for case in sheet.cases])
def test_the_answer_is_the_one_worked_out_by_hand(opco, case):
    found = estimate(project_of(case, opco), rulebook(opco), case.as_of)
    assert not list(differences(case, found))


def test_every_opco_has_its_cases():
    assert sorted(OPCOS) == sorted(opco for opco in criteria() if opco)


@pytest.mark.parametrize("sheet", SHEETS, ids=OPCOS)
def test_the_first_case_of_each_opco_is_the_question_of_a_manager_of_human_resources(sheet):
    asked = project_of(sheet.cases[0], sheet.opco)
    assert (asked.headcount, asked.trainees, asked.hours, asked.pedagogical) == (23, 2, 21, Decimal(2800))


@pytest.mark.parametrize("sheet", SHEETS, ids=OPCOS)
def test_cases_speak_of_rules_that_there_are(sheet):
    known = {rule.code for rule in rulebook(sheet.opco).rules} | {scheme.value for scheme in Scheme}
    assert not {code for case in sheet.cases for code in named(case)} - known


@pytest.mark.parametrize("mistake", [{"optoins": {}}, {"options": {"pdc": {"financd": 1}}}])
def test_a_case_with_an_unknown_key_is_refused(mistake):
    with pytest.raises(ValidationError, match="unknown field"):
        convert({"case": "x", "note": "x", "project": {}, **mistake}, Case)


def test_a_project_with_an_unknown_key_is_refused():
    with pytest.raises(ValueError, match="headcuont"):
        project_of(Case(case="x", note="x", project={"headcuont": 23}), "atlas")
