"""Answers compared with gold answers, and rankings with relevance judgements; pure."""

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and extra white space: SQuAD's normalisation."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(found: str, golds: Sequence[str]) -> float:
    """1 when the answer equals one of the gold answers after normalisation, else 0 (Rajpurkar et al., 2016)."""
    return float(any(normalised(found) == normalised(gold) for gold in golds))


def f1(found: str, golds: Sequence[str]) -> float:
    """The best overlap of words (0..1) with one of the gold answers, at least one (Rajpurkar et al., 2016)."""
    return max(_overlap(found, gold) for gold in golds)


def _overlap(found: str, gold: str) -> float:
    """Harmonic mean of precision and recall over the bags of normalised words; two empty ones are equal."""
    left, right = normalised(found).split(), normalised(gold).split()
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


def holds(text: str, golds: Iterable[str]) -> bool:
    """Whether one of the gold answers stands in a text, as whole words; case and the kind of white space are free."""
    squeezed = _squeezed(text)
    return any(_whole_words(_squeezed(gold), squeezed) for gold in golds)


def _whole_words(words: str, text: str) -> bool:
    before = r"(?<!\w)" if words[:1].isalnum() else ""
    after = r"(?!\w)" if words[-1:].isalnum() else ""
    return bool(words) and re.search(before + re.escape(words) + after, text) is not None


def _squeezed(text: str) -> str:
    return " ".join(text.casefold().split())


def recall_at(gains: Sequence[int], relevant: Sequence[int], k: int) -> float:
    """The share of the relevant documents (grades over 0) that are among the first `k`.

    `gains` are the grades of the ranking, best first; `relevant` those of all judged documents, in any order.
    """
    return sum(gain > 0 for gain in gains[:k]) / sum(grade > 0 for grade in relevant)


def success_at(gains: Sequence[int], k: int) -> float:
    """1 when a relevant document is among the first `k`, else 0."""
    return float(any(gain > 0 for gain in gains[:k]))


def reciprocal_rank_at(gains: Sequence[int], k: int) -> float:
    """1 / rank of the first relevant document, or 0 when none is among the first `k`; its mean is MRR@k."""
    return next((1 / rank for rank, gain in enumerate(gains[:k], start=1) if gain > 0), 0.0)


def ndcg_at(gains: Sequence[int], relevant: Sequence[int], k: int) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002), grades as gains like trec_eval.

    `relevant` holds the grades of all judged documents; at least one is over 0.
    """
    return _dcg(gains[:k]) / _dcg(sorted(relevant, reverse=True)[:k])


def _dcg(gains: Iterable[int]) -> float:
    return sum(max(gain, 0) / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of a hundred values do not exceed (nearest rank); not of nothing."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]
