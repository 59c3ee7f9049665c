"""What agents can do over the Model Context Protocol: ask, search, read around a place, and verify citations.

Arguments are those of the API's requests, where there is such a request; what comes back is the same with less, since
agents read all of it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.engine import Engine
from qa.errors import DocumentUnknown, QAError
from qa.service.holdings import Allowed
from qa.service.requests import WHOLE, AskRequest, SearchRequest, Text, TheOne
from qa.service.response_model import ResponseModel
from qa.service.schemas import AskResponse, ConflictModel, PassageModel, Place, Score
from qa.service.verifying import VerifyRequest, VerifyResponse, traced_in

MOST_CHARACTERS = 20_000
"""Of a document, in one answer of `read_passage`."""
AROUND = 1000
"""Characters that are read before and after a place, unless the agent says otherwise."""
Number = Annotated[int, Field(ge=0, lt=1 << 40), WHOLE]


class ToolCitation(Place):
    """A verbatim quotation: `text[start:end] == quote` in the document. `verify` tells whether it still holds."""

    quote: str


class AskResult(ResponseModel):
    """An answer in the documents' own words, or that they have none."""

    answered: bool
    answer: str | None = Field(description="The shortest verbatim answer; it lies inside `citations[0].quote`.")
    confidence: Score
    reason: str | None = Field(description="Why there is no answer.")
    asked: str = Field(description="The question as it was understood.")
    citations: list[ToolCitation]
    conflict: ConflictModel | None = Field(description="Set when `citations[1]` gives another figure.")
    left_out: int = Field(description="Items of a long list that follow `citations[0]` in its document.")
    missing: list[str] = Field(description="Words of the question that no document holds.")
    nearest: list[PassageModel] = Field(description="The nearest passages, when there is no answer. They are none.")

    @classmethod
    def of(cls, reply: AskResponse) -> "AskResult":
        """From the whole answer."""
        known = reply.model_dump(include=set(cls.model_fields) - {"citations", "conflict", "nearest"})
        citations = [ToolCitation.model_validate(citation.model_dump()) for citation in reply.citations]
        nearest = [] if reply.answered else reply.passages[:3]
        return cls(**known, citations=citations, conflict=reply.conflict, nearest=nearest)


class SearchResult(ResponseModel):
    """The nearest passages, best first; whether they answer anything is not judged."""

    passages: list[PassageModel]


class ReadRequest(BaseModel):
    """A place in a document, as a citation or a passage names it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document_id: Text
    start: Number = Field(0, description="First character, in Unicode code points.")
    end: Number | None = Field(None, description="One past the last one; without it, `start` alone.")
    around: Annotated[int, Field(ge=0, le=MOST_CHARACTERS), WHOLE] = Field(
        AROUND, description="Characters to read before and after the place."
    )
    collection: TheOne = None


class ReadResult(ResponseModel):
    """Characters `start` to `end` of a document, as they stand there."""

    document_id: str
    path: str
    title: str
    section: list[str] = Field(description="Headings above the first character, outermost first.")
    page: int | None
    start: int
    end: int
    text: str
    characters: int = Field(description="Of the whole document.")
    text_sha256: str
    collection: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool: its name and description, the models of what it takes and gives, and what does it."""

    name: str
    title: str
    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    call: Callable[[Any], BaseModel]

    def described(self) -> dict[str, Any]:
        """As MCP lists it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.takes.model_json_schema(),
            "outputSchema": self.gives.model_json_schema(mode="serialization"),
            "annotations": {"readOnlyHint": True, "destructiveHint": False, "openWorldHint": False},
        }

    def result(self, arguments: object) -> dict[str, Any]:
        """What it gives, as MCP wants it: typed, and the same as text; an error of ours is one that agents can read."""
        try:
            found = self.call(self.takes.model_validate(arguments)).model_dump(mode="json")
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors())
            return _failed(f"The arguments are not of the right form ({told}). See the tool's inputSchema.")
        except QAError as error:
            return _failed(str(error))
        text = json.dumps(found, ensure_ascii=False)
        return {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": False}


def make_tools(allowed: Allowed) -> dict[str, Tool]:
    """The tools over the collections that a request may have, by name."""

    def ask(request: AskRequest) -> AskResult:
        choice, history = allowed.choice(request.collection), request.exchanges()
        replied = choice.together.ask(request.question, history=history, exact=request.exact, top_k=request.top_k)
        choice.heard(replied)
        return AskResult.of(AskResponse.of(replied, choice.home(replied.collection)))

    def search(request: SearchRequest) -> SearchResult:
        found = allowed.choice(request.collection).together.search(request.query, limit=request.top_k)
        return SearchResult(passages=[PassageModel.of(one.passage, one.collection) for one in found])

    def read_passage(request: ReadRequest) -> ReadResult:
        return _read(allowed.one(request.collection).engine, request)

    def verify(request: VerifyRequest) -> VerifyResponse:
        return traced_in(request.citations, allowed.choice(request.collection).generations)

    names = allowed.choice().names
    several = f" There are collections: {', '.join(names)}; all are asked unless you name one." if names else ""

    tools = (
        Tool(
            name="ask",
            title="Ask the documents",
            description="Answers a question from the documents, in their own words: exact quotations with document, "
            "section, page and offsets, or that the documents do not answer it. Quote the answer as it is." + several,
            takes=AskRequest,
            gives=AskResult,
            call=ask,
        ),
        Tool(
            name="search",
            title="Search the documents",
            description="The passages nearest to words or a question, best first. Whether they answer is not judged."
            + several,
            takes=SearchRequest,
            gives=SearchResult,
            call=search,
        ),
        Tool(
            name="read_passage",
            title="Read in a document",
            description="Reads a document at a place that `ask` or `search` named, with what stands around it.",
            takes=ReadRequest,
            gives=ReadResult,
            call=read_passage,
        ),
        Tool(
            name="verify",
            title="Verify citations",
            description="Whether quotations still stand in the documents to the character: same, moved, edited or "
            "deleted. Takes citations as `ask` gives them, or a `quote` with its `path`.",
            takes=VerifyRequest,
            gives=VerifyResponse,
            call=verify,
        ),
    )
    return {tool.name: tool for tool in tools}


def _read(engine: Engine, request: ReadRequest) -> ReadResult:
    """Raises DocumentUnknown for an id or a place that is not there."""
    document = engine.document(request.document_id)
    wanted_end = request.start if request.end is None else request.end
    if not request.start <= wanted_end <= len(document.text):
        raise DocumentUnknown(
            f"The document has no such place; it has {len(document.text):,} characters.",
            remedy="Give start and end of a citation or passage.",
        )
    start = max(0, request.start - request.around)
    end = min(len(document.text), wanted_end + request.around, start + MOST_CHARACTERS)
    block = document.block_at(start)
    return ReadResult(
        document_id=document.id,
        path=document.source.path,
        title=document.title,
        section=list(block.headings) if block else [],
        page=block.page if block else None,
        start=start,
        end=end,
        text=document.text[start:end],
        characters=len(document.text),
        text_sha256=document.text_sha256,
        collection=engine.collection,
    )


def _failed(words: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}], "isError": True}
