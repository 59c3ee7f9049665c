"""From candidates to an Answer or an Abstention: the form of the answer, its citations, and what contradicts it."""

from qa.answering.answerer import CLOSE_SCORE, Answerer
from qa.answering.citing import cite, quotable

__all__ = ["CLOSE_SCORE", "Answerer", "cite", "quotable"]
