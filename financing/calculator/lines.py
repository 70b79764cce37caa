"""The lines of one option: which rule pays each cost, and how much."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from financing.calculator import amounts
from financing.calculator import sentences as say
from financing.calculator.amounts import ZERO, Spending
from financing.calculator.choice import assumed_by, chosen
from financing.calculator.desk import Desk
from financing.calculator.outcome import Line
from financing.calculator.project import Project
from financing.calculator.rules import Funds, Rule
from financing.calculator.terms import Cost


def lines_of(
    main: Rule, rules: Sequence[Rule], desk: Desk, asked: Mapping[Cost, Decimal], spending: Spending
) -> list[Line]:
    """Each cost as it is paid by the rule of the option or by others of its scheme; `spending` follows."""
    lines = []
    for cost, amount in asked.items():
        line = _line(cost, amount, main, rules, desk, spending)
        spending.note(line, desk.envelope(line.rule) if line.rule else None)
        lines.append(line)
    return lines


def _line(
    cost: Cost, asked: Decimal, main: Rule, rules: Sequence[Rule], desk: Desk, spending: Spending
) -> Line:
    if main.cost == cost or (main.cost == Cost.ALL and cost == Cost.PEDAGOGICAL):
        return _paid(main, cost, asked, desk, spending)
    fitting = [rule for rule in rules if rule is main or _goes_with(rule, main, desk.project)]
    if main.cost == Cost.ALL:  # another general rule is another option, not a part of this one
        fitting = [rule for rule in fitting if rule is main or rule.cost != Cost.ALL]
    found = chosen(fitting, cost, desk.project, assumed_by(desk.project, main))
    if not found:
        return Line(cost, asked, None, say.silent())
    return _prudent([_paid(rule, cost, asked, desk, spending) for rule in found])


def _paid(rule: Rule, cost: Cost, asked: Decimal, desk: Desk, spending: Spending) -> Line:
    """What a rule pays, unless its budget is exhausted."""
    line = amounts.line(rule, cost, asked, desk.project, spending, desk.envelope(rule))
    funds = desk.funds(rule)
    return _not_paid(line, funds) if funds and funds.status == "exhausted" else line


def _goes_with(rule: Rule, main: Rule, project: Project) -> bool:
    """Whether a rule for wages or travel is about the same training and people as the one for course fees."""
    return rule.audience in ("", main.audience) and same_training(rule, main, project)


def same_training(rule: Rule, main: Rule, project: Project) -> bool:
    """Whether two rules may be about the same training."""
    kinds = assumed_by(project, main).kinds
    if rule.kinds and not kinds & set(rule.kinds):
        return False
    if rule.topic not in ("", main.topic) and not kinds & set(rule.kinds):
        return False
    return not (rule.modalities and main.modalities) or bool(set(rule.modalities) & set(main.modalities))


def _prudent(lines: Sequence[Line]) -> Line:
    """Of several published cases that the project does not tell apart, the one that pays least."""
    least = min(lines, key=lambda line: (line.financed is not None, line.financed or ZERO))
    others = [line.rule.label for line in lines if line is not least and line.rule]
    if not others:
        return least
    return replace(least, explanation=f"{least.explanation}\u202f; {say.prudent(others)}")


def _not_paid(line: Line, funds: Funds) -> Line:
    """What an exhausted budget leaves: nothing, with what its scale was."""
    was = f"\u202f; pour mémoire\u202f: {line.explanation}" if line.financed else ""
    return replace(line, financed=ZERO, explanation=say.exhausted(funds) + was, bites=())
