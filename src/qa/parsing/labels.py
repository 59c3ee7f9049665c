"""Tells when a list item is no item but the label of the items under it, as in `- **Maritime security:**`.

Such labels are the headings of documents that are written as nested lists, so they open a section.
"""

MAX_LABEL_WORDS = 8
LABEL_LEVEL = 7
"""Section level of an outermost label: below all six heading levels of Markdown and HTML."""


def label_name(text: str) -> str | None:
    """The name of the section that a list item opens (`Maritime security`), or None when it is an ordinary item."""
    text = text.strip()
    if not text.endswith((":", "：")) or len(text.split()) > MAX_LABEL_WORDS:
        return None
    name = text[:-1].strip()
    return name if name and name[-1] not in ".!?;," else None
