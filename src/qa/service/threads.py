"""Conversations as the pages carry them: in the address, every question in order, asked again with each request.

Each `q` of the address is a question, answered in order; a follow-up is made self-contained from those before it. Each
`exact` is a question in the same order that is asked just as it stands: one that was edited, or is no follow-up.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlencode

from qa.conversation.referents import Exchange
from qa.engine import Event, Replied
from qa.errors import QAError
from qa.service.errors import problem_of
from qa.service.holdings import Choice
from qa.service.recent import Recent
from qa.service.views import Edit, Parameters, Turn

FOLLOW_UP, EXACT, COLLECTION = "q", "exact", "collection"
"""The address's names for a question of the conversation, for one that is asked just as it stands, and for what is
asked; without the last, all."""
MAX_TURNS = 6
"""Turns of a conversation that are shown; older ones leave the address."""


def asked_in(items: Iterable[tuple[str, str]]) -> Parameters:
    """The questions of an address's query, the last MAX_TURNS of them."""
    return [(name, text) for name, text in items if name in {FOLLOW_UP, EXACT} and text.strip()][-MAX_TURNS:]


def replies(recent: Recent, choice: Choice, asked: Parameters) -> Iterator[Replied | QAError]:
    """The reply to every question, in order; one that cannot be answered tells the next ones nothing."""
    told: list[Exchange] = []
    for name, question in asked:
        try:
            replied = recent.ask(choice, question, told, exact=name == EXACT)
        except QAError as error:
            yield error
            continue
        told.append(Exchange.of(replied.reply))
        yield replied


def last_stages(recent: Recent, choice: Choice, asked: Parameters) -> Iterator[Event]:
    """The stages of the last question, after those before it have been answered; raises what the engine raises."""
    *before, (name, question) = asked
    told = [Exchange.of(found.reply) for found in replies(recent, choice, before) if isinstance(found, Replied)]
    yield from recent.stages(choice, question, told, exact=name == EXACT)


def turns(recent: Recent, choice: Choice, asked: Parameters) -> list[Turn]:
    """What the page shows of every question."""
    shown: list[Turn] = []
    for place, found in enumerate(replies(recent, choice, asked)):
        typed = asked[place][1]
        if isinstance(found, QAError):
            text = typed.encode("utf-8", "replace").decode()
            shown.append(Turn(question=text, permalink=address([(FOLLOW_UP, typed)], choice), error=problem_of(found)))
            continue
        known = found.question
        edit = _edit(asked, choice, place, known.asked) if known.changed else None
        link = address([(FOLLOW_UP, known.asked)], choice)
        source = choice.of(found.collection)
        shown.append(Turn.of(found, source.engine.document, permalink=link, edit=edit, home=source.home))
    return shown


def carried(asked: Parameters, shown: Sequence[Turn]) -> Parameters:
    """What the next question brings along; when the oldest is left behind, follow-ups stay as they were asked."""
    if len(asked) < MAX_TURNS:
        return asked
    known = [(EXACT, turn.edit.asked) if turn.edit else item for item, turn in zip(asked, shown, strict=True)]
    return known[-(MAX_TURNS - 1) :]


def address(parameters: Parameters, choice: Choice | None = None, path: str = "/") -> str:
    """The address of a conversation, with the collection that it names."""
    named = [(COLLECTION, choice.named)] if choice and choice.named else []
    return path + "?" + urlencode([*named, *parameters], errors="replace")


def _edit(asked: Parameters, choice: Choice, place: int, question: str) -> Edit:
    """How to ask the question at a place otherwise; the rest of the conversation stays."""
    earlier, typed, later = asked[:place], asked[place][1], asked[place + 1 :]
    as_typed = address([*earlier, (EXACT, typed), *later], choice) + f"#turn-{place + 1}"
    return Edit(asked=question, as_typed_url=as_typed, earlier=earlier, later=later)
