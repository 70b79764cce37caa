"""Texts that a spreadsheet must not take for formulas when it opens a CSV file. Pure."""

import re

# What a spreadsheet computes, or passes over to find what to compute; the apostrophes that hold such a text already.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_HELD = re.compile(r"'+[=+\-@\t\r\n]")


def harmless(text: str) -> str:
    """An apostrophe makes text of what begins like a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_written(text: str) -> str:
    """The text that `harmless` was given, whatever it was."""
    return text[1:] if _HELD.match(text) else text
