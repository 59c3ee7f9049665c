"""From the evidence of the whole candidate set to one probability that the best candidate answers the question.

A logistic model over a few plain features, one set of constants for each reader, since their scores differ in scale.
They were fitted on development questions that the documents answer, on adversarial ones that they do not, and on
questions about other subjects (`training/fit_decision.py`).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qa.ports import LexicalIndex
from qa.text.terms import QuestionTerms
from qa.types import Candidate, RankedPassage, Verdict

INTERCEPT = "intercept"
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "sentence": {INTERCEPT: -5.358, "similarity": 4.526, "coverage_in_section": 2.873},
    "span": {
        INTERCEPT: -4.428,
        "span": 0.285,
        "similarity": 3.89,
        "coverage_in_section": 0.998,
        "kind": 0.399,
    },
}
"""For each reader the weight of every feature that its model uses, and the intercept.

Those of `span` were fitted to the packaged span model: with another one the number is an estimate of unknown quality.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the whole candidate set says: the features of the best candidate, and which words are nowhere.

    `missing` are the words of the question that no passage of the set holds, `missing_names` those of them that look
    like names or numbers, `unknown` those that no document holds at all.
    """

    reader: str
    features: Mapping[str, float]
    missing: tuple[str, ...]
    missing_names: tuple[str, ...]
    unknown: tuple[str, ...]

    @classmethod
    def of(
        cls,
        question: str,
        passages: Sequence[RankedPassage],
        candidates: Sequence[Candidate],
        lexical: LexicalIndex,
    ) -> "Evidence":
        """Gather the evidence for a question."""
        terms = QuestionTerms.of(question, lexical)
        seen: set[str] = set()
        for ranked in passages:
            passage = ranked.passage
            seen.update(lexical.terms(" ".join((passage.title, *passage.chunk.headings, passage.text))))
        absent = [term for term in terms.weights if term not in seen]
        missing = terms.shown(absent)
        names = tuple(word for word in missing if is_name_or_number(word, question))
        return cls(
            reader=candidates[0].reader if candidates else "",
            features=dict(candidates[0].features) if candidates else {},
            missing=missing,
            missing_names=names,
            unknown=terms.shown(terms.unknown),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticJudge:
    """Weighs the evidence with the constants of the reader that gave the candidates."""

    weights: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: WEIGHTS)

    def judge(
        self,
        question: str,
        passages: Sequence[RankedPassage],
        candidates: Sequence[Candidate],
        lexical: LexicalIndex,
    ) -> Verdict:
        """The verdict; confidence 0 when there is no candidate."""
        evidence = Evidence.of(question, passages, candidates, lexical)
        confidence = self.probability(evidence) if candidates else 0.0
        return Verdict(confidence=confidence, reason=_reason(evidence), unknown=evidence.unknown)

    def probability(self, evidence: Evidence) -> float:
        """The logistic function of the weighted features."""
        features = {**evidence.features, INTERCEPT: 1.0}
        logit = sum(weight * features.get(name, 0.0) for name, weight in self.weights[evidence.reader].items())
        return 1 / (1 + math.exp(-logit))


def is_name_or_number(word: str, question: str) -> bool:
    """Whether a word of the question looks like a name, code or number: digits, capitals, not the first word."""
    if any(c.isdigit() for c in word) or re.search(r"[A-Z]{2}", word):
        return True
    return word[:1].isupper() and not question.lstrip("\"'“‘¿¡ ").startswith(word)


def _reason(evidence: Evidence) -> str:
    if evidence.missing_names:
        return f"No passage found mentions {_listed(evidence.missing_names)}."
    if evidence.missing:
        return f"No passage found answers this, and none has {_listed(evidence.missing)}."
    return "The passages found share words with the question, and none answers it closely enough."


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words[:4]]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
