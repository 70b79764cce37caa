"""Which agreement took the place of which: a chain that must lead somewhere. Pure."""

from collections.abc import Collection, Mapping

ESCAPE_STAYS = "Un code de repli le reste : il n’est pas une convention."
NO_NEW_ESCAPE = "Une convention ne devient pas un code de repli."


def refusal(idcc: str, successor: str, successors: Mapping[str, str], escapes: Collection[str]) -> str:
    """Why an agreement cannot be replaced by that one, as a sentence; "" when it can.

    `successors` are those of the others; `escapes` are the codes that are no agreements.
    """
    if successor in escapes:
        return "C’est un code de repli, pas une convention."
    seen, following = set(), successor
    while following and following != idcc and following not in seen:
        seen.add(following)
        following = successors.get(following, "")
    if following == idcc:
        return f"L’IDCC {successor} mène lui-même à l’IDCC {idcc} : les remplacements tourneraient en rond."
    return ""
