"""The state of the index, as the API answers it and as the pages say it."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from qa.depot.pulling import STAGE as FETCHING
from qa.engine import Engine, Health
from qa.live.shared import Following
from qa.live.stepping import FollowerState, LastBuild
from qa.ports import DenseSearch
from qa.service.requests import TheOne
from qa.service.response_model import ResponseModel
from qa.service.schemas import COLLECTION
from qa.text.words import counted

State = Literal["idle", "settling", "building", "failed"]


class ReindexRequest(BaseModel):
    """How to reindex; `{}` stands for the defaults."""

    model_config = ConfigDict(extra="forbid", strict=True)

    allow_mass_delete: bool = Field(default=False, description="Take out documents even when most of them are gone.")
    collection: TheOne = None


class SkippedModel(ResponseModel):
    """A file that is not indexed."""

    path: str
    reason: str


class VectorsModel(ResponseModel):
    """The vectors of the index, and how they are searched."""

    count: int
    exact: bool = Field(description="Whether a question is compared with every vector.")
    rescored: int | None = Field(
        description="Otherwise: at least so many are chosen by a compressed copy, then compared."
    )
    lists: int | None = Field(description="That copy is in so many lists of like vectors; null: in one.")
    probes: int | None = Field(description="So many of them, the nearest to a question, are looked into.")
    recall: float = Field(
        description="Share of the ten nearest that this finds; measured by the build, over a sample of the vectors."
    )

    @classmethod
    def of(cls, count: int, search: DenseSearch) -> "VectorsModel":
        """From the manifest's."""
        return cls(count=count, exact=search.rescored is None, **asdict(search))


class LastBuildModel(ResponseModel):
    """The last build that published something, since the service was started."""

    finished: str = Field(description="ISO 8601.")
    seconds: float
    embedded: int = Field(description="Texts whose vectors were computed.")
    reused: int = Field(description="Texts whose vectors were taken over.")

    @classmethod
    def of(cls, last: LastBuild) -> "LastBuildModel":
        """From the follower's."""
        return cls(
            finished=last.finished.isoformat(timespec="seconds"),
            seconds=last.seconds,
            embedded=last.built.embedded,
            reused=last.built.reused,
        )


class IndexResponse(ResponseModel):
    """What is served, how fresh it is, and what is being done about it."""

    state: State = Field(
        description="`idle`; `settling` (files have changed and are awaited to be complete); `building`; or `failed` "
        "(the index may not equal the corpus or cannot be asked, the `reason` says why; it is tried again)."
    )
    summary: str = Field(description="The state in a few words.")
    reason: str | None = Field(description="What is wrong and what to do, also while it is tried again.")
    watching: bool = Field(description="Whether changes of the corpus are followed.")
    changes: int = Field(description="Changed files that are not in the index yet.")
    stage: str | None = Field(
        description="While building: `waiting`, `reading`, `embedding`, `writing` or, with Milvus, `sending`; of a "
        "service that follows a depot "
        "`fetching`."
    )
    done: int = Field(description="Units of the stage that are done.")
    total: int
    generation: str | None
    created: str | None = Field(description="When the generation was built, ISO 8601.")
    age_seconds: int | None = Field(description="Since it was built.")
    age: str | None = Field(description="The same in words, such as `12 min ago`.")
    documents: int
    passages: int
    skipped: list[SkippedModel]
    vectors: VectorsModel
    last_build: LastBuildModel | None
    checked: str | None = Field(description="When a build or a reindex last found or made the index equal, ISO 8601.")
    next_scan: str | None = Field(description="When the corpus is looked at again at the latest, ISO 8601.")
    collection: str | None = Field(None, description=COLLECTION)

    @classmethod
    def of(cls, engine: Engine, state: FollowerState) -> "IndexResponse":
        """From what the engine serves and what the follower does."""
        health = engine.health()
        state = _with_engine(state, health)
        records = engine.documents() if health.ready else ()
        created = datetime.fromisoformat(health.created) if health.created else None
        return cls(
            state=name_of(state),
            summary=words_of(state),
            reason=health.problem or state.reason,
            watching=state.watching,
            changes=state.changes,
            stage=state.stage,
            done=state.done,
            total=state.total,
            generation=health.generation,
            created=health.created,
            age_seconds=max(0, round((datetime.now(UTC) - created).total_seconds())) if created else None,
            age=age_words(health.created) if health.created else None,
            documents=health.documents,
            passages=health.passages,
            skipped=[SkippedModel(path=record.path, reason=record.reason) for record in records if record.reason],
            vectors=VectorsModel.of(health.vectors, health.vector_search),
            last_build=LastBuildModel.of(state.last_build) if state.last_build else None,
            checked=state.checked.isoformat(timespec="seconds") if state.checked else None,
            collection=engine.collection,
            next_scan=state.next_scan.isoformat(timespec="seconds") if state.next_scan else None,
        )


class CollectionModel(ResponseModel):
    """A collection: documents with an index of their own."""

    name: str | None = Field(description="As `collection` names it; null for the only one, without a name.")
    state: State = Field(description="As `GET /index` has it.")
    generation: str | None
    documents: int
    passages: int
    skipped: int = Field(description="Files that could not be read.")
    problem: str | None = Field(description="Why it cannot be asked, or why an older index answers.")

    @classmethod
    def of(cls, engine: Engine, state: FollowerState) -> "CollectionModel":
        """From what the engine serves and what the follower does."""
        health = engine.health()
        state = _with_engine(state, health)
        return cls(
            name=engine.collection,
            state=name_of(state),
            generation=health.generation,
            documents=health.documents,
            passages=health.passages,
            skipped=health.skipped,
            problem=health.problem or state.reason,
        )


class CollectionsResponse(ResponseModel):
    """All collections that can be asked."""

    collections: list[CollectionModel]


def _with_engine(state: FollowerState, health: Health) -> FollowerState:
    """The same, failed when nothing can be asked: then it does not help that the index equals the corpus."""
    return state if health.ready else replace(state, reason=health.problem)


def follow(follower: Following) -> None:
    """Have a change of the corpus noticed, also when nobody watches it."""
    if not follower.state().watching:
        follower.reindex()


def name_of(state: FollowerState) -> State:
    """The state in one word."""
    return "failed" if state.reason and state.activity != "building" else state.activity


def words_of(state: FollowerState) -> str:
    """The state in a few words, for the foot of a page."""
    if state.activity == "building":
        if state.stage == FETCHING:
            return f"being fetched ({progress_of(state)})"
        return f"being compared with the folder ({progress_of(state)})" if state.stage else "being compared"
    if state.reason:
        return "not up to date"
    if state.activity == "settling":
        return f"{counted(state.changes, 'changed file')} to read" if state.changes else "about to be compared"
    return "up to date" if state.watching else "as it was built"


def progress_of(state: FollowerState) -> str:
    """How far a build is."""
    return f"{state.stage} {state.done:,} of {state.total:,}" if state.total > 1 else f"{state.stage}"


def age_words(created: str, *, now: datetime | None = None) -> str:
    """How long ago an ISO 8601 time was: `3 s ago`, `12 min ago`, `5 h ago`, `9 days ago`."""
    seconds = max(0, round(((now or datetime.now(UTC)) - datetime.fromisoformat(created)).total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            count = seconds // size
            return f"{count:,} {unit}{'s' if unit == 'day' and count != 1 else ''} ago"
    return f"{seconds} s ago"
