"""What can be asked: a question as it is answered, or why it cannot be; pure."""

import re

from qa.errors import InvalidQuestion

_VISIBLE = re.compile(r"[^\s\x00-\x1f]")
"""What a question must have one of; the API's description says the same of its `question`."""


def checked(question: str, most_characters: int) -> str:
    """The question as it is answered; raises InvalidQuestion when it is empty, too long or not text."""
    question = question.replace("\0", " ").strip()
    if not _VISIBLE.search(question):
        raise InvalidQuestion("The question is empty.", remedy="Ask something, in words.")
    if len(question) > most_characters:
        raise InvalidQuestion(
            f"The question has {len(question):,} characters, over the limit of {most_characters:,}.",
            remedy="Ask in fewer words.",
        )
    try:
        question.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidQuestion(
            "The question holds half of a surrogate pair, which is no character.",
            remedy="Send it as valid Unicode.",
        ) from None
    return question


def cleaned(text: str) -> str:
    """The text without what is no character."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
