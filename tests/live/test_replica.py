"""What follows a depot, step by step by a clock that the test sets, and `qa serve --follow` as a whole."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import fsspec
import httpx2
import pytest
from fastapi.testclient import TestClient
from fsspec.implementations.local import LocalFileSystem

from commands import Qa, failed
from fakes import no_progress
from library import BERTH_QUOTE, Library
from qa.depot.place import Depot
from qa.depot.pushing import push
from qa.errors import IndexMissing
from qa.live.replica import ReplicaFollower
from qa.live.stepping import FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS, FollowerState
from qa.service.index_state import words_of
from qa.settings import Settings
from qa.wiring import make_puller
from test_cli_serve import served  # noqa: F401  # a fixture
from torture.service import running, until

OCTOPUS = "The octopus sleeps under the bridge."


@dataclass
class Followed:
    """A library that is pushed, and what follows it into another index folder."""

    builder: Library
    depot: Path
    settings: Settings
    address: str = ""
    """Of the depot, where that is not its folder."""
    troubled: bool = False
    opened: int = 0
    told: list[FollowerState] = field(default_factory=list)

    def push(self, text: str = "") -> str:
        """Build and push, with another document if there is a text."""
        if text:
            self.builder.write("octopus.txt", text)
        self.builder.build()
        return push(self.builder.store, Depot(str(self.depot)), no_progress, keep=2).generation

    def follower(self) -> ReplicaFollower:
        """One that has not been started."""

        def refresh() -> None:
            self.opened += 1
            if not self.replica.store.generations():
                raise IndexMissing("Nothing.", remedy="Pull.")

        return ReplicaFollower(
            self.address or str(self.depot),
            self.settings,
            make_puller(self.settings, self.builder.encoder),
            refresh=refresh,
            troubled=lambda: self.troubled,
            tell=self.told.append,
        )

    @property
    def replica(self) -> Library:
        """The library of the other index."""
        return Library(settings=self.settings, encoder=self.builder.encoder)


@pytest.fixture
def followed(library: Library, tmp_path: Path) -> Followed:
    """Nothing is pushed yet."""
    folders = {"corpus": tmp_path / "none", "index": tmp_path / "replica"}
    return Followed(library, tmp_path / "depot", library.settings.model_copy(update=folders))


def test_what_is_pushed_is_pulled_and_opened(followed: Followed) -> None:
    first = followed.push()
    follower = followed.follower()
    assert follower.step() == followed.settings.scan_seconds
    assert followed.replica.store.current() == first
    assert followed.opened == 1
    state = follower.state()
    assert state.last_build is not None
    assert (state.activity, state.reason, state.last_build.built.generation) == ("idle", None, first)
    assert {told.stage for told in followed.told if told.activity == "building"} == {"fetching"}
    assert words_of(next(told for told in followed.told if told.stage)).startswith("being fetched (fetching 0 of ")

    second = followed.push(OCTOPUS)
    follower.step()
    assert followed.replica.store.current() == second
    checked = follower.state().checked
    follower.step()
    assert follower.state().checked != checked, "it was looked, and nothing was new"


def test_a_depot_that_cannot_be_used_is_told_and_tried_ever_more_rarely(followed: Followed) -> None:
    first = followed.push()
    follower = followed.follower()
    follower.step()
    away = followed.depot.rename(followed.depot.with_name("away"))
    pauses = [follower.step() for _ in range(7)]
    assert pauses[:2] == [FIRST_RETRY_SECONDS, 2 * FIRST_RETRY_SECONDS]
    assert pauses[-1] == LAST_RETRY_SECONDS
    assert "Nothing has been pushed" in (follower.state().reason or "")
    assert words_of(follower.state()) == "not up to date"
    assert followed.replica.store.current() == first

    away.rename(followed.depot)
    assert follower.step() == followed.settings.scan_seconds
    assert follower.state().reason is None


class Line(LocalFileSystem):  # type: ignore[misc]  # it has no types
    """This machine's folders over a connection that never works again once it was cut."""

    protocol = "line"
    made: ClassVar[list["Line"]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cut = False
        self.made.append(self)

    def cat_file(self, *of_what: Any, **options: Any) -> bytes:
        if self.cut:
            raise ConnectionError("the line is dead")
        return bytes(super().cat_file(*of_what, **options))


def test_after_a_failure_another_connection_is_made(followed: Followed) -> None:
    first = followed.push()
    fsspec.register_implementation("line", Line, clobber=True)
    followed.address = f"line://{followed.depot}"
    follower = followed.follower()
    follower.step()
    follower.step()
    assert (len(Line.made), followed.replica.store.current()) == (1, first), "one connection while it works"

    Line.made[0].cut = True
    assert follower.step() == FIRST_RETRY_SECONDS
    assert "the line is dead" in (follower.state().reason or "")
    second = followed.push(OCTOPUS)
    follower.step()
    assert (len(Line.made), followed.replica.store.current()) == (2, second)
    assert follower.state().reason is None


def test_damage_here_is_mended_when_it_is_noticed_or_asked_for(followed: Followed) -> None:
    followed.push()
    follower = followed.follower()
    follower.step()
    store = followed.replica.store
    for notice in (lambda: setattr(followed, "troubled", True), follower.reindex):
        followed.replica.spoil()
        notice()
        follower.step()
        store.verify(store.current())
        followed.troubled = False
    assert follower.state().activity == "idle"


class AskedMeanwhile(Event):
    """Another thread asks just after it was looked whether anybody has."""

    def is_set(self) -> bool:
        """As it was before."""
        before = super().is_set()
        self.set()
        return before  # and in the next step again, which changes nothing


def test_who_asks_while_a_step_begins_is_heard_by_the_next_one(followed: Followed) -> None:
    followed.push()
    follower = followed.follower()
    follower._asked = AskedMeanwhile()
    follower.step()
    store = followed.replica.store
    followed.replica.spoil()

    follower.step()

    store.verify(store.current())


def test_what_was_asked_for_is_done_when_the_depot_is_back(followed: Followed) -> None:
    followed.push()
    follower = followed.follower()
    follower.step()
    followed.replica.spoil()
    followed.depot.rename(away := followed.depot.with_name("away"))
    follower.reindex()
    follower.step()
    assert follower.state().reason is not None
    away.rename(followed.depot)
    follower.step()

    followed.replica.store.verify(followed.replica.store.current())
    assert follower.state().reason is None


def test_without_watching_it_looks_when_it_is_asked(followed: Followed) -> None:
    followed.settings = followed.settings.model_copy(update={"watch": False})
    followed.push()
    follower = followed.follower()
    follower.step()
    assert followed.replica.store.generations() == []
    assert follower.reindex().activity == "settling"
    follower.step()
    assert followed.replica.store.generations() != []


def test_it_runs_until_it_is_stopped(followed: Followed) -> None:
    followed.settings = followed.settings.model_copy(update={"scan_seconds": 0.05})
    follower = followed.follower()
    follower.start()
    first = followed.push()
    follower.reindex()
    until(lambda: followed.replica.store.generations() == [first])
    follower.stop()


@pytest.fixture
def depot(qa: Qa) -> Path:
    """The small library, pushed; its documents are gone."""
    qa("index")
    qa("push", "depot")
    shutil.rmtree("corpus")
    shutil.rmtree("index")
    return Path("depot")


@pytest.mark.usefixtures("depot")
def test_a_replica_needs_no_documents_and_changes_none(qa: Qa, served: list[TestClient]) -> None:  # noqa: F811  # the fixture
    ran = qa("serve", "--port", "0", "--follow", "depot")
    assert ran.code == 0
    assert "Index index is now generation 000001-" in ran.out
    assert "3 documents, 5 passages, 2 skipped" in ran.out
    (client,) = served
    assert client.get("/readyz").json()["status"] == "ready"
    found = client.post("/search", json={"query": "berth"}).json()["passages"]
    assert any(BERTH_QUOTE in passage["text"] for passage in found)
    (document,) = {passage["document_id"] for passage in found if BERTH_QUOTE in passage["text"]}
    assert client.get(f"/documents/{document}").status_code == 200
    assert client.get(f"/documents/{document}/original").status_code == 410
    assert client.put("/documents/new.txt", content=b"New.").status_code == 403
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/documents", headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.usefixtures("depot")
def test_the_last_index_is_served_when_the_depot_is_gone(qa: Qa, served: list[TestClient]) -> None:  # noqa: F811  # the fixture
    failed(qa("serve", "--port", "0", "--follow", "nowhere"), 1, "Nothing has been pushed to nowhere")
    qa("pull", "depot")
    ran = qa("serve", "--port", "0", "--follow", "nowhere")
    assert ran.code == 0
    assert "Serving the last index" in ran.err
    assert served[-1].get("/readyz").status_code == 200


def test_collections_are_pushed_and_followed_by_name(qa: Qa, library: Library) -> None:
    Path("quoth.toml").write_text('[collections.a]\ncorpus = "corpus"\n[collections.b]\ncorpus = "more"\n')
    Path("more").mkdir()
    Path("more/octopus.txt").write_text(OCTOPUS)
    qa("index", "--allow-skipped")
    pushed = qa("push", "depot").out.splitlines()
    assert [line.split()[0] for line in pushed] == ["depot/a", "depot/b"]
    shutil.rmtree("index")
    qa("pull", "depot", "--collection", "b")
    assert sorted(path.name for path in Path("index").iterdir()) == ["b"]
    assert OCTOPUS in qa("search", "octopus", "--collection", "b").out


def test_several_workers_share_one_follower(followed: Followed) -> None:
    first = followed.push()
    replica = followed.replica
    replica.settings.corpus.parent.mkdir(exist_ok=True)
    with running(replica, follow=str(followed.depot), workers=2, scan_seconds=0.2) as service:
        assert service.get("/readyz")["generation"] == first
        second = followed.push(OCTOPUS)
        until(lambda: {service.get("/readyz")["generation"] for _ in range(8)} == {second})
        until(lambda: service.found("octopus") == [OCTOPUS])
        assert httpx2.post(service.address + "/reindex", json={}).status_code == 202
        until(lambda: service.get("/index")["state"] == "idle")
