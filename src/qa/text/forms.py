"""What form an answer should have, from the question's words: a few words, a sentence, the steps, or a whole list.

Rules rather than a model, so that the same question always gets the same form. When no rule fits, the form is SHORT,
since a short answer stands inside its whole sentence anyway.
"""

import re
from enum import StrEnum


class Form(StrEnum):
    """The forms of an answer."""

    SHORT = "short"
    """The words inside the sentence: names, numbers, dates, places, amounts, "which ship"."""
    DEFINITION = "definition"
    """The sentence that says what something is."""
    REASON = "reason"
    """The sentence that says why."""
    MANNER = "manner"
    """The sentence that says how, or all steps when it is one of them."""
    DECISION = "decision"
    """The sentence that decides between yes and no."""
    LIST = "list"
    """The whole list when the best evidence is one of its items or what leads it in."""


_HELP = r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)"
_OPENING = r"^\W*(?:(?:and|but|so|then|also|please|exactly|ok|okay)\b\W*)*"
_REASON = re.compile(
    rf"{_OPENING}why\b|[,;:]\s+why\s+{_HELP}\b|\b(?:for\s+)?what\s+(?:(?:is|was|are|were)\s+(?:the|a|one)\s+)?(?:\w+\s+)?reasons?\b"
    rf"|{_OPENING}how\s+come\b|\bexplain\s+why\b",
    re.I,
)
_MANNER = re.compile(
    rf"{_OPENING}(?:in\s+what\s+(?:way|manner)\b|how\s+(?:do|does|to|can|should|must|is|are)\b(?!.*\b(?:called|named|known|spelled|pronounced|"
    r"abbreviated|rank|ranked)\b)|(?:explain|describe|tell\s+me|show\s+me)\s+how\b)"
    r"|\bwhat(?:'s|\s+is|\s+are)\s+the\s+(?:\w+\s+)?(?:process|procedure|steps|instructions)\s+(?:for|to|of)\b",
    re.I,
)
_DECISION = re.compile(rf"{_OPENING}(?:{_HELP}(?:n['’]t)?)\s+(?!\w+\W*$)(?!.*\bor\b)", re.I)
_MEANING = re.compile(
    rf"{_OPENING}(?:define|explain|describe)\s+(?!how\b|why\b)|\bwhat\s+(?:do|does)\s+.{{1,60}}\bmean(?:\s+by\b.*)?\W*$"
    rf"|\bwhat\s+(?:is|are)\s+(?:meant\s+by|the\s+(?:\w+\s+)?(?:meaning|definition)\s+of)\b",
    re.I,
)
_BARE = re.compile(
    rf"{_OPENING}what(?:'s|’s|\s+is|\s+are|\s+exactly\s+is)\s+(?:(?P<article>an?)\s+|(?P<the>the)\s+)?"
    r"(?P<noun>[\w.+&/'’-]+(?:\s+[\w.+&/'’-]+){0,3}?)\s*\W*$",
    re.I,
)
_NOT_BARE = re.compile(
    r"\b(?:of|in|on|at|to|for|from|by|with|that|which|who|used|known|called|named|needed|required|considered|located|"
    r"another|other|one|it|someone|something|superfluous|this|these|those|there|your|my|his|her|its|their|our|some|about|between|than|like|not|"
    r"most|more|less|two|three)\b|\w['’]s?\b|\w+ed\s*$|^\w+ed\b",
    re.I,
)
_PLURAL = (
    r"(?:people|children|men|women|criteria|phenomena|bacteria|(?!(?:\w*(?:ss|us|is|'s)|series|species|news|was|has|does|"
    r"goes|makes|causes|happens?|occurs|lies|determines|gives|remains|exists|comes|helps|allows|leads|runs|seems|"
    r"years|months|days|times|dates|names|describes|defines|depends|explains|shows|produces|controls|provides|releases|means|keeps|physics|politics|economics|mathematics|always|perhaps)\b)\w{3,}s)"
)
_MANY = r"(?:several|some|all|other|main|major|key|different|various|important)"
_TOLD = r"(?!.*\b(?:did|were|was|had|called|named|known|written|used)\b)"
"""Events of the past and names are told in a sentence; what stands in lists is mostly said in the present."""
_QUALITY = r"(?:\w+(?:al|ic|ive|ous|ary|ern|an|ing|ed)\s+)?"
_LIST = re.compile(
    rf"{_OPENING}which\s+(?:of\s+the\s+)?(?:{_MANY}\s+)*{_QUALITY}{_PLURAL}\b(?!\s+(?:the|an?|it|you|him|us|is|does)\b)"
    rf"|{_OPENING}what\s+(?:{_MANY}\s+)*{_QUALITY}{_PLURAL}\s+{_TOLD}(?:are|do|have|can|must|should|may|will|need|belong|make|take|hold)\b"
    rf"|{_OPENING}(?:in|to|from|with|by|for|of|on|at)\s+(?:which|what)\s+(?:{_MANY}\s+)*{_PLURAL}\s+{_TOLD}(?:are|do|have|can)\b"
    rf"|{_OPENING}(?:what|which|who)\s+(?:are|were)\s+{_TOLD}(?:all\s+)?(?:the|some|its|your|our|their|examples\s+of|[\w-]+(?:['’]s|s['’]))\s+"
    rf"(?!names?\b|(?:two|three|four)\b)(?:[\w.+&'’-]+\s+){{0,4}}?{_PLURAL}\b"
    rf"|{_OPENING}(?:name|list|enumerate)\s+(?:all|the|some|its|every|each)\s+(?:[\w'’-]+\s+){{0,4}}?{_PLURAL}\b"
    rf"|{_OPENING}(?:what\s+is|give(?:\s+me)?|show(?:\s+me)?)\s+(?:the|a)\s+(?:full\s+|complete\s+)?list\s+of\b",
    re.I,
)


def expected_form(question: str) -> Form:
    """The form of answer that a question asks for."""
    if _REASON.search(question):
        return Form.REASON
    if _MEANING.search(question) or _is_bare(question):
        return Form.DEFINITION
    if _MANNER.search(question):
        return Form.MANNER
    if _LIST.search(question):
        return Form.LIST
    if _DECISION.search(question):
        return Form.DECISION
    return Form.SHORT


def _is_bare(question: str) -> bool:
    """Whether a question is "what is X?" with nothing but a noun phrase for X.

    With "the" only a name counts ("the Quad"), since "what is the fee?" asks for a value.
    """
    found = _BARE.search(question)
    if not found or _NOT_BARE.search(found["noun"]):
        return False
    return not found["the"] or found["noun"][0].isupper()
