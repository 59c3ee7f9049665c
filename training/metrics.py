"""Exact match, F1 and AUROC as the SQuAD evaluation defines them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without punctuation, articles and extra spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(found: str, golds: Sequence[str]) -> float:
    """1 where the answer equals one of the gold answers."""
    return float(any(normalise(found) == normalise(gold) for gold in golds))


def f1_of(found: str, gold: str) -> float:
    """Overlap of words between two answers."""
    left, right = normalise(found).split(), normalise(gold).split()
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


def f1(found: str, golds: Sequence[str]) -> float:
    """The best overlap with any gold answer."""
    return max(f1_of(found, gold) for gold in golds)


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """The chance that a random positive scores above a random negative; ties count half."""
    if not positives or not negatives:
        return float("nan")
    ordered = sorted([(score, 1) for score in positives] + [(score, 0) for score in negatives])
    total, below, index = 0.0, 0, 0
    while index < len(ordered):
        tie = index
        while tie < len(ordered) and ordered[tie][0] == ordered[index][0]:
            tie += 1
        here = [label for _, label in ordered[index:tie]]
        total += sum(here) * (below + (len(here) - sum(here)) / 2)
        below += len(here) - sum(here)
        index = tie
    return total / (len(positives) * len(negatives))
