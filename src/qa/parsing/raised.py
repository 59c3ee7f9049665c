"""Small raised digits, written as what they are, so that 10⁶ is never read as 106 nor a footnote's mark as a number."""

_RAISED = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def raised(text: str) -> str:
    """`text` as it stands above the line; only digits and signs have such forms."""
    return text.translate(_RAISED)
