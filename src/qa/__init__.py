"""Quoth: answers from a folder of documents, in the documents' own words, with citations that anyone can verify."""

from qa.errors import QAError
from qa.types import Abstention, Answer, Citation, Passage, RankedPassage, Reply, Span

__version__ = "0.1.0"

__all__ = [
    "Abstention",
    "Answer",
    "Citation",
    "Passage",
    "QAError",
    "RankedPassage",
    "Reply",
    "Span",
    "__version__",
]
