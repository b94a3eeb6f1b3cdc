"""Which rows and journeys an expression selects."""


def selects(expression: str, name: str) -> bool:
    """Whether a name matches: `or` joins alternatives, `and` what all must hold, `not` turns round; all selects."""
    return any(
        all((word.strip().removeprefix("not ") in name.lower()) != word.strip().startswith("not ") for word in words)
        for words in (each.split(" and ") for each in expression.lower().split(" or "))
    )
