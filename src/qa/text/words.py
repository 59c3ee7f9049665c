"""Numbers in words, for everything that people read."""


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`, `1,200 files`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
