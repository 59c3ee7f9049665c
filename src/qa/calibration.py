"""From the evidence of the whole candidate set to one probability that the best candidate answers the question.

A logistic model over a few plain features, one set of constants for each reader, since their scores differ in scale.
They were fitted on development questions that the documents answer, on adversarial ones that they do not, and on
questions about other subjects (`training/fit_decision.py`).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qa.ports import LexicalIndex
from qa.text.expectation import Kind, expected_kind, has_kind
from qa.text.terms import QuestionTerms, is_name_or_number
from qa.text.values import values
from qa.types import Candidate, RankedPassage, Verdict

INTERCEPT = "intercept"
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "sentence": {INTERCEPT: -5.358, "similarity": 4.526, "coverage_in_section": 2.873},
    "span": {
        INTERCEPT: -3.392,
        "span": 0.11,
        "similarity": 1.299,
        "kind": 1.044,
        "again": 0.103,
        "agrees": 0.911,
    },
}
"""For each reader the weight of every feature that its model uses, and the intercept.

Those of `span` were fitted to the packaged span model: with another one the number is an estimate of unknown quality.
"""

OPERATING_POINTS = (
    (0.5, 0.061),
    (0.6, 0.207),
    (0.7, 0.409),
    (0.75, 0.513),
    (0.8, 0.624),
    (0.85, 0.747),
    (0.9, 0.853),
    (0.95, 0.95),
)
"""Share of the answers that should be right, and the least confidence for it, from 1,400 questions of SQuAD 2.0 dev,
half of them answerable, and 350 about other subjects that count for a twentieth. Made in the same way from a random
half of the questions, such points gave .75, .80, .85 and .88 on the other half where .75, .80, .85 and .90 were asked
for (means of 300 halves that share no article with an answer). No point reached .95: the last is a guess, and hardly
any answer reaches it."""

TOGETHER = 0.75
"""From this share of the question's words on, a sentence (under its section's name) counts as one about it."""
_ASKING = re.compile(r"\bhow\s+(many|much|long|old|often|far|tall|high|big|large|deep|wide|fast)\b", re.I)
"""Words that ask, and so are missed by nobody."""
SHOWN_WORDS = 2
"""Words that stand for a question without names, the rarest first."""


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
        asking = {term for word in _ASKING.findall(question) for term in lexical.terms(word)}
        absent = [term for term in terms.weights if term not in seen and term not in asking]
        missing = terms.shown(absent)
        names = tuple(word for word in missing if is_name_or_number(word, question))
        return cls(
            reader=candidates[0].reader if candidates else "",
            features=dict(candidates[0].features) if candidates else {},
            missing=missing,
            missing_names=names,
            unknown=terms.shown(terms.unknown - asking),
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
        return Verdict(
            confidence=confidence, reason=reason(question, evidence, candidates, lexical), unknown=evidence.unknown
        )

    def probability(self, evidence: Evidence) -> float:
        """The logistic function of the weighted features."""
        features = {**evidence.features, INTERCEPT: 1.0}
        logit = sum(weight * features.get(name, 0.0) for name, weight in self.weights[evidence.reader].items())
        return 1 / (1 + math.exp(-logit))


def threshold_for(precision: float) -> float:
    """The confidence from which on so large a share (0.5 to 0.95) of the answers is right; between points, linear.

    It was measured on development questions with the packaged reader. On documents of another kind, or questions of
    which more or fewer have an answer, measure with `qa eval` and set the threshold itself.
    """
    for (low, start), (high, end) in pairwise(OPERATING_POINTS):
        if precision <= high:
            return start + (end - start) * max(precision - low, 0.0) / (high - low)
    return OPERATING_POINTS[-1][1]


def reason(question: str, evidence: Evidence, candidates: Sequence[Candidate], lexical: LexicalIndex) -> str:
    """Why there is no answer, as one sentence for the person who asked; the most telling thing first."""
    nowhere = [name for name in evidence.missing_names if name in evidence.unknown]
    if nowhere:
        return f"No document mentions {_listed(question, nowhere)}."
    if evidence.missing_names:
        names = _listed(question, evidence.missing_names, "and")
        return f"The documents mention {names}, but none of the passages found does."
    if told := _without_kind(question, candidates, lexical):
        return told
    if evidence.missing:
        unknown = [word for word in evidence.missing if word in evidence.unknown]
        holder = "no document" if unknown else "none"
        return f"No passage found answers this, and {holder} has {_listed(question, unknown or evidence.missing)}."
    if max((candidate.features.get("coverage_in_section", 0.0) for candidate in candidates), default=0.0) >= TOGETHER:
        return "The passages found use the words of the question, but none answers it clearly enough."
    return "The passages found are only loosely related to the question."


def _without_kind(question: str, candidates: Sequence[Candidate], lexical: LexicalIndex) -> str | None:
    """What to say when sentences are about the question, but none of them has the kind of answer asked for."""
    kind = expected_kind(question)
    terms = QuestionTerms.of(question, lexical)
    names = [word for word in terms.shown(terms.weights) if is_name_or_number(word, question)]
    rarest = sorted(terms.known().weights, key=lambda term: -terms.weights[term])[:SHOWN_WORDS]
    subject = {term for name in names for term in lexical.terms(name)} or set(rarest)
    if kind is Kind.ANY or not subject:
        return None
    known = [re.escape(value.span.of(question)) for value in values(question)]
    near = 0
    for candidate in candidates:
        chunk = candidate.passage.chunk
        unit = next((unit for unit in chunk.sentences if unit.overlaps(candidate.span)), candidate.span)
        text = candidate.passage.slice(unit)
        if subject <= set(lexical.terms(" ".join((candidate.passage.title, *chunk.headings, text)))):
            near += 1
            if has_kind(re.sub("|".join(known), " ", text, flags=re.I) if known else text, kind):
                return None
    if not near:
        return None
    shown = _listed(question, names or terms.shown(rarest), "and")
    return f"The passages found mention {shown}, but not together with {kind.value}."


def _listed(question: str, words: Sequence[str], joiner: str = "or") -> str:
    """Words in quotation marks, four at most; names that stand side by side in the question are one."""
    phrases: list[str] = []
    for word in words:
        together = f"{phrases[-1]} {word}" if phrases else ""
        if together and together in question and is_name_or_number(word, question):
            phrases[-1] = together
        else:
            phrases.append(word)
    quoted = [f"“{phrase}”" for phrase in phrases[:4]]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {joiner} {quoted[-1]}"
