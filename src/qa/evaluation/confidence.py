"""How much a confidence is worth: does it rank, does it mean what it says, and what is answered at which bar; pure.

Everywhere, `confidences` (0..1) and `right` belong together by position, one entry a question. An answer to a question
that the documents do not answer is never right.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter

CALIBRATION_BINS = 15
CERTAINTY = 0.9
"""How sure `threshold_for` is by default that the precision it promises holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is answered when the bar is `threshold`: `answered` of `total` questions, `right` of them rightly."""

    threshold: float
    answered: int
    right: int
    total: int

    @property
    def coverage(self) -> float:
        """The share of all questions that are answered."""
        return self.answered / self.total

    @property
    def precision(self) -> float:
        """The share of the answers that are right; 1 when there is none, since none is wrong."""
        return self.right / self.answered if self.answered else 1.0

    @property
    def risk(self) -> float:
        """The share of the answers that are wrong."""
        return 1 - self.precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Questions of like confidence: how many, their mean confidence, and the share that is right."""

    size: int
    confidence: float
    accuracy: float


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """The chance that a random positive scores above a random negative, ties counting half; None without a pair.

    By ranks (Mann and Whitney, 1947), in n log n.
    """
    if not positives or not negatives:
        return None
    labelled = sorted([(score, True) for score in positives] + [(score, False) for score in negatives])
    wins, below = 0.0, 0
    for _, group in groupby(labelled, key=itemgetter(0)):
        labels = [label for _, label in group]
        ups = sum(labels)
        downs = len(labels) - ups
        wins += ups * (below + downs / 2)
        below += downs
    return wins / (len(positives) * len(negatives))


def curve(confidences: Sequence[float], right: Sequence[bool]) -> list[Point]:
    """The risk-coverage curve: a point for every distinct confidence as the threshold, the highest first.

    Questions of equal confidence come in together, since no threshold parts them (El-Yaniv and Wiener, 2010).
    """
    points: list[Point] = []
    answered = correct = 0
    for threshold, group in _falling(confidences, right):
        answered += len(group)
        correct += sum(group)
        points.append(Point(threshold=threshold, answered=answered, right=correct, total=len(confidences)))
    return points


def _falling(confidences: Sequence[float], right: Sequence[bool]) -> Iterator[tuple[float, list[bool]]]:
    pairs = sorted(zip(confidences, right, strict=True), key=itemgetter(0), reverse=True)
    for confidence, group in groupby(pairs, key=itemgetter(0)):
        yield confidence, [is_right for _, is_right in group]


def aurc(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Area under the risk-coverage curve: the mean risk over all numbers of answers, lower is better; None of nothing.

    After Geifman, Uziel and El-Yaniv (2019). Questions of equal confidence count as if they came in random order.
    """
    if not confidences:
        return None
    risks = 0.0
    answered, wrong = 0, 0.0
    for _, group in _falling(confidences, right):
        share = group.count(False) / len(group)
        for _ in group:
            answered += 1
            wrong += share
            risks += wrong / answered
    return risks / answered


def point_at(threshold: float, confidences: Sequence[float], right: Sequence[bool]) -> Point:
    """What is answered, and how rightly, when every confidence of at least `threshold` is an answer."""
    answers = [is_right for confidence, is_right in zip(confidences, right, strict=True) if confidence >= threshold]
    return Point(threshold=threshold, answered=len(answers), right=sum(answers), total=len(confidences))


def threshold_for(
    target: float, confidences: Sequence[float], right: Sequence[bool], *, certainty: float | None = CERTAINTY
) -> Point | None:
    """The lowest threshold whose answers reach a target precision (0..1), or None when none does.

    With a `certainty` (below 1), the precision counts as reached when its one-sided lower confidence bound does
    (Clopper and Pearson, 1934), so that a handful of lucky answers is not taken for a promise; with None, when the
    plain share does. The bound holds for one threshold; taking the best of many is a little bolder than it says.
    """
    for point in reversed(curve(confidences, right)):
        plainly = point.precision >= target
        if plainly and (certainty is None or _surely(point, target, certainty)):
            return point
    return None


def as_setting(threshold: float) -> float:
    """A threshold cut to four decimals, to be written into the settings; never above the threshold itself."""
    return math.floor(threshold * 10_000) / 10_000


def lower_bound(right: int, answered: int, certainty: float = CERTAINTY) -> float:
    """The one-sided Clopper-Pearson bound: the precision that is exceeded with that certainty; 0 when none is right."""
    if right == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(50):  # halving 50 times leaves less than a float can tell
        middle = (low + high) / 2
        if binomial_tail(right, answered, middle) <= 1 - certainty:
            low = middle
        else:
            high = middle
    return low


def _surely(point: Point, target: float, certainty: float) -> bool:
    return binomial_tail(point.right, point.answered, target) <= 1 - certainty + 1e-12


def binomial_tail(least: int, trials: int, chance: float) -> float:
    """The probability of at least `least` successes in `trials` with that `chance` (0..1) each."""
    if least <= 0:
        return 1.0
    if least > trials or chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    logs = (math.log(chance), math.log1p(-chance))
    total = math.lgamma(trials + 1)
    return min(
        1.0,
        math.fsum(
            math.exp(
                total
                - math.lgamma(hits + 1)
                - math.lgamma(trials - hits + 1)
                + hits * logs[0]
                + (trials - hits) * logs[1]
            )
            for hits in range(least, trials + 1)
        ),
    )


def calibration(confidences: Sequence[float], right: Sequence[bool], bins: int = CALIBRATION_BINS) -> list[Bin]:
    """Questions in order of confidence, in `bins` bins of equal size (as far as the number divides), lowest first."""
    pairs = sorted(zip(confidences, right, strict=True), key=itemgetter(0))
    edges = [round(number * len(pairs) / bins) for number in range(bins + 1)]
    groups = [pairs[start:end] for start, end in pairwise(edges) if end > start]
    return [
        Bin(
            size=len(group),
            confidence=math.fsum(confidence for confidence, _ in group) / len(group),
            accuracy=sum(is_right for _, is_right in group) / len(group),
        )
        for group in groups
    ]


def calibration_error(
    confidences: Sequence[float], right: Sequence[bool], bins: int = CALIBRATION_BINS
) -> float | None:
    """Expected calibration error: the mean gap between confidence and share right, weighted by size; None of nothing.

    Naeini, Cooper and Hauskrecht (2015), with bins of equal mass instead of equal width (Nguyen and O'Connor, 2015),
    so that no bin rests on a few questions.
    """
    if not confidences:
        return None
    groups = calibration(confidences, right, bins)
    return math.fsum(group.size * abs(group.confidence - group.accuracy) for group in groups) / len(confidences)
