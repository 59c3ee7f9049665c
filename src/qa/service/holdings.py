"""The collections of the service, each a corpus with all that serves it, and which of them a request may have.

What a token does not open is as if it were not there: no address, list or figure tells it from what does not exist.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import Request

from qa.engine import Engine, Event, Generation, Replied
from qa.errors import CollectionNeeded, CollectionUnknown
from qa.index.editing import CorpusEditor
from qa.journal import Journal
from qa.live.shared import Following, Unfollowed
from qa.service.access import reads_only
from qa.service.dates import FileDates
from qa.service.home import Home
from qa.service.pictures import PagePictures
from qa.service.recording import Recorder
from qa.service.tokens import Grant, Role
from qa.together import Together


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A corpus with all that serves it.

    `corpus` is the folder from which files are handed out, `index` that of the index, where journal and last evaluation
    lie. `follower` keeps the index up to date; whoever makes it starts it. `pictures` draws pages of PDF files and is
    closed when the service ends; `editor` changes the corpus. `replica` says whether the index is pulled from a depot,
    so that nothing is built or changed here.
    """

    engine: Engine
    follower: Following
    corpus: Path
    index: Path | None
    pictures: PagePictures | None
    editor: CorpusEditor | None
    recorder: Recorder
    dates: FileDates
    replica: bool

    @classmethod
    def of(
        cls,
        engine: Engine,
        corpus: Path,
        index: Path | None = None,
        *,
        follower: Following | None = None,
        pictures: PagePictures | None = None,
        editor: CorpusEditor | None = None,
        recording: bool = False,
        replica: bool = False,
    ) -> "Collection":
        """`recording` says whether what is asked is written down; feedback always is, where there is an index."""
        return cls(
            engine=engine,
            follower=follower or Unfollowed(),
            corpus=corpus,
            index=index,
            pictures=pictures,
            editor=editor,
            recorder=Recorder(Journal(index) if index else None, engine, recording=recording),
            dates=FileDates(index, corpus),
            replica=replica,
        )

    @property
    def name(self) -> str | None:
        """Its name; None where there is only one, without a name."""
        return self.engine.collection

    @property
    def home(self) -> Home:
        """What is told of all that comes from it."""
        return Home(self.name, self.dates.of)


@dataclass(frozen=True, slots=True)
class Choice:
    """The collections that a request means: `named` is how it names the one, None for all that it may have."""

    collections: tuple[Collection, ...]
    named: str | None = None
    names: tuple[str, ...] = ()
    """Between which one can choose; none where there is no choice."""

    @property
    def only(self) -> Collection:
        """The one that is meant."""
        (collection,) = self.collections
        return collection

    @property
    def together(self) -> Together:
        """Their engines."""
        return Together([collection.engine for collection in self.collections])

    @property
    def generations(self) -> dict[str | None, Generation]:
        """What answers now in each; raises an IndexStoreError when there is none somewhere."""
        return {collection.name: collection.engine.snapshot() for collection in self.collections}

    def of(self, name: str | None) -> Collection:
        """The one of that name among them."""
        return next(collection for collection in self.collections if collection.name == name)

    def home(self, name: str | None) -> Home:
        """What is told of all that comes from the one of that name."""
        return self.of(name).home

    def heard(self, replied: Replied) -> None:
        """Write a question and its reply down, where that is wanted: in the collection that replied."""
        self.of(replied.collection).recorder.heard(replied)

    def heard_again(self, replied: Replied) -> None:
        """The same for a question that was answered from memory, which is counted like any other."""
        self.of(replied.collection).engine.observed(replied.reply)
        self.heard(replied)

    def hearing(self, stages: Iterator[Event]) -> Iterator[Event]:
        """The same stages; the last one is written down."""
        for event in stages:
            if isinstance(event, Replied):
                self.heard(event)
            yield event


@dataclass(frozen=True, slots=True)
class Allowed:
    """The collections that a request may have; `grant` is what its token allows, None where none is asked for."""

    collections: tuple[Collection, ...]
    grant: Grant | None = None
    needed: Role | None = None
    """The role that the request needs in the collection that it means."""

    def choice(self, name: str | None = None) -> Choice:
        """The one of that name, or all of them; raises CollectionUnknown, or RoleMissing."""
        found = self.collections if not name else tuple(one for one in self.collections if one.name == name)
        if not found:
            raise CollectionUnknown("There is no collection of that name.", remedy="See GET /collections.")
        for collection in found:
            self._check(collection)
        names = tuple(one.name for one in self.collections if one.name)
        return Choice(found, name or None, names if len(names) > 1 else ())

    def one(self, name: str | None = None) -> Collection:
        """The one of that name, or the only one; raises CollectionNeeded, CollectionUnknown or RoleMissing."""
        if not name and len(self.collections) > 1:
            names = ", ".join(str(one.name) for one in self.collections)
            raise CollectionNeeded(
                "Which collection is meant is not said.", remedy=f"Name one as `collection`: {names}."
            )
        return self.choice(name).only

    def shown(self, name: str | None = None) -> Choice:
        """The one of that name, or the first one, for pages that show one at a time; raises as `choice` does."""
        if not name and len(self.collections) > 1:
            name = self.collections[0].name
        return self.choice(name)

    def _check(self, collection: Collection) -> None:
        role = self.grant.role_in(collection.name) if self.grant else None
        if role is not None and self.needed is not None and role < self.needed:
            raise reads_only()


class Holdings:
    """All collections of the service."""

    def __init__(self, collections: Sequence[Collection], *, guarded: bool = False) -> None:
        """`guarded` says whether tokens are asked for."""
        self.collections = tuple(collections)
        self._guarded = guarded

    def allowed(self, grant: Grant | None) -> Allowed:
        """Those that a grant opens; without tokens all."""
        if not self._guarded:
            return Allowed(self.collections)
        opened = tuple(one for one in self.collections if grant and grant.role_in(one.name) is not None)
        return Allowed(opened, grant)


def allowed(request: Request) -> Allowed:
    """The collections that a request may have, in the role that it needs."""
    return replace(seen(request), needed=getattr(request.state, "needed", None))


def seen(request: Request) -> Allowed:
    """The collections that whoever asks may know of, whatever is to be done with them."""
    holdings: Holdings = request.app.state.holdings
    return holdings.allowed(getattr(request.state, "grant", None))
