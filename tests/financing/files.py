"""A small reference file to load, and to spoil."""

BASE = """\
opco: atlas
verified_on: 2026-10-05
source: https://www.opco-atlas.fr/criteres
envelopes:
  - code: atlas-budget
    label: Budget annuel
    amount: 2500
    source: https://www.opco-atlas.fr/criteres
rules:
  - code: atlas-course
    scheme: pdc
    label: Cours des bureaux d’études
    idccs: ["1486"]
    headcount: {min: 1, max: 10}
    cost: pedagogical
    basis: hourly
    rate: 40
    unit: hour
    envelope: atlas-budget
    source: https://www.opco-atlas.fr/criteres
    confidence: exact
"""

# A second rule, which line 22 begins, of the same scope as the first but for its size.
SECOND = """\
  - code: atlas-course-50
    scheme: pdc
    label: Cours des plus grands
    idccs: ["1486"]
    headcount: {min: 50}
    cost: pedagogical
    basis: percent
    percent: 50
    source: https://www.opco-atlas.fr/criteres
    confidence: exact
"""


def write(folder, name="atlas", text=BASE):
    """Write a file of the folder; its path."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def replaced(text, *changes):
    """The text with each (old, new) made, once."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
