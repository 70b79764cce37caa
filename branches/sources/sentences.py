"""Sentences of reports that count what happened, without what did not. Pure."""

from collections.abc import Mapping

from opco_portal.french import plural


def happened(counts: Mapping[str, int], forms: Mapping[str, tuple[str, str]], noun: str = "") -> str:
    """« 3 conventions nouvelles, 1 n’est plus en vigueur »: the noun goes with the first part; "" for nothing.

    `forms` gives the words for one and for several of each count, in the order in which they are told.
    """
    parts = [(counts[name], words) for name, words in forms.items() if counts[name]]
    if noun and parts:
        (count, (one, several)), *rest = parts
        parts = [(count, (f"{noun} {one}", f"{noun}s {several}")), *rest]
    return ", ".join(plural(count, *words) for count, words in parts)
