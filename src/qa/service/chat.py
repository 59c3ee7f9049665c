"""A conversation as chats send it to questions, and a reply to the text of a chat with annotations.

Chats send their whole conversation back, so the earlier answers are read again out of our own text: their words serve
to make a follow-up self-contained. What another model has said is passed over.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from uuid import uuid4

from qa.conversation.referents import Exchange
from qa.engine import Replied
from qa.errors import InvalidQuestion
from qa.observe import request_id
from qa.service.links import source_url
from qa.service.openai_schemas import (
    Annotation,
    ChatMessage,
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    CompletionMessage,
    Delta,
    UrlCitation,
)
from qa.service.requests import MAX_HISTORY
from qa.service.schemas import AskResponse
from qa.text.telling import tell
from qa.types import Answer, Citation

ASKED = "Asked as: "
_ASKED = re.compile(rf"\A{ASKED}(.*)\n\n")
_WORDS = re.compile(
    r"\A(?:The documents give different figures: “(?P<figure>.*?)” \[1\] and “"
    r"|\[1\] “(?P<quote>.*?)”\n|(?P<words>.*?)\n\n\[1\] “)",
    re.S,
)


def question_of(messages: Sequence[ChatMessage], check: Callable[[str], object]) -> tuple[str, list[Exchange]]:
    """The last question of a conversation, and the exchanges before it; raises InvalidQuestion when there is none.

    Earlier ones for which `check` raises InvalidQuestion are passed over: a chat cannot take them back.
    """
    told: list[Exchange] = []
    for message in messages:
        if message.role == "user":
            told.append(Exchange(message.words()))
        elif message.role == "assistant" and told:
            told[-1] = _answered(told[-1], message.words())
    if not told:
        raise InvalidQuestion("There is no message of a user.", remedy='Send one with "role": "user".')
    earlier = []
    for exchange in told[:-1]:
        with suppress(InvalidQuestion):
            check(exchange.question)
            earlier.append(exchange)
    return told[-1].question, earlier[-MAX_HISTORY:]


def _answered(exchange: Exchange, content: str) -> Exchange:
    """An exchange with what a chat shows as its answer, where that is of our making."""
    asked = _ASKED.match(content)
    question = asked[1] if asked else exchange.question
    words = _WORDS.match(content[asked.end() :] if asked else content)
    return Exchange(question, next((found for found in words.groups() if found), "") if words else "")


def completion(replied: Replied, whole: AskResponse, base: str, model: str) -> Completion:
    """A reply of a model as a chat completion; `base` is the address of this service, `whole` the reply of `/ask`."""
    message = _message(replied, base)
    return Completion(id=_id(), created=int(time.time()), model=model, choices=[Choice(message=message)], quoth=whole)


def chunks(completed: Completion) -> Iterator[str]:
    """A completion as server-sent events: its content paragraph by paragraph, then the annotations, then the end."""
    message = completed.choices[0].message
    yield _event(completed, Delta(role="assistant", content=""))
    for part in re.findall(r".+?(?:\n\n|\Z)", message.content, re.S):
        yield _event(completed, Delta(content=part))
    if message.annotations:
        yield _event(completed, Delta(annotations=message.annotations))
    yield _event(completed, Delta(), last=True)
    yield "data: [DONE]\n\n"


def _event(completed: Completion, delta: Delta, *, last: bool = False) -> str:
    choice = ChunkChoice(delta=delta, finish_reason="stop" if last else None)
    chunk = Chunk(id=completed.id, created=completed.created, model=completed.model, choices=[choice])
    found = chunk.model_dump(mode="json", exclude_none=True)
    found["choices"][0]["finish_reason"] = choice.finish_reason  # clients expect it in every chunk
    if last:
        found["quoth"] = completed.quoth.model_dump(mode="json")
    return f"data: {json.dumps(found)}\n\n"


def _message(replied: Replied, base: str) -> CompletionMessage:
    reply, question = replied.reply, replied.question

    def address(citation: Citation) -> str:
        place = source_url(citation.document_id, citation.span, citation.seal, collection=replied.collection)
        return base.rstrip("/") + place

    told = tell(reply, url=address)
    lead = f"{ASKED}{question.asked}\n\n" if question.changed else ""
    citations = reply.citations if isinstance(reply, Answer) else ()
    annotations = [
        Annotation(
            url_citation=UrlCitation(
                start_index=len(lead) + span.start,
                end_index=len(lead) + span.end,
                title=citation.title,
                url=address(citation),
            )
        )
        for citation, span in zip(citations, told.quotes, strict=True)
    ]
    return CompletionMessage(content=lead + told.text, annotations=annotations)


def _id() -> str:
    return f"chatcmpl-{request_id() or uuid4().hex}"
