"""The limits: so many requests for one client, so many at once, and who comes next; no test waits for a clock."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from functools import wraps

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from library import BERTH, Library
from qa.errors import Overloaded
from qa.service.clients import client_of
from qa.service.concurrency import ConcurrencyLimit
from qa.service.fair_queue import FairQueue
from qa.service.guards import Guards
from qa.service.rate_limit import MAX_CLIENTS, Allowance
from qa.settings import Settings
from service.asgi import Exchange, Working, scope, settle

LONG_AGO = 1_000.0


def in_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Runs a test that awaits."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


class Clock:
    """Shows what it is set to."""

    now = LONG_AGO

    def __call__(self) -> float:
        return self.now


def test_w15_a_client_has_its_rate_and_a_burst_and_others_theirs() -> None:
    clock = Clock()
    allowance = Allowance(10.0, clock=clock)

    waits = [allowance.take("one") for _ in range(500)]
    assert waits.count(0.0) == 20, "two seconds' worth at once"
    assert waits[-1] == pytest.approx(0.1)
    assert allowance.take("other") == 0.0
    clock.now += 0.25
    assert [allowance.take("one") for _ in range(3)].count(0.0) == 2
    clock.now += 3_600
    assert [allowance.take("one") for _ in range(30)].count(0.0) == 20, "nobody saves up more"


def test_w15_not_more_clients_are_remembered_than_there_is_room_for() -> None:
    allowance = Allowance(10.0, clock=Clock())
    for number in range(MAX_CLIENTS + 100):
        allowance.take(str(number))
    assert len(allowance._left) == MAX_CLIENTS


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_a_client_is_an_address_or_a_network_of_its_own(address: str, client: str) -> None:
    assert client_of(scope(client=address)) == client


def test_w15_what_is_too_much_gets_429_and_when_to_come_again(built: Library) -> None:
    client = built.client(guards=Guards(requests_per_second=0.01))

    first, second = (client.get("/ask", params={"q": BERTH}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["type"] == "urn:quoth:rate-exceeded"
    assert 1 <= int(second.headers["retry-after"]) <= 100
    assert second.headers["x-content-type-options"] == "nosniff"
    for path in ("/livez", "/readyz", "/static/ground.css"):
        assert [client.get(path).status_code for _ in range(3)] == [200] * 3
    assert "Too many requests" in client.get("/", headers={"accept": "text/html"}).text


@in_a_loop
async def test_r9_so_many_are_worked_on_so_many_wait_and_the_rest_is_told_to_come_again() -> None:
    working = Working()
    limit = ConcurrencyLimit(working, queue=FairQueue(2, 3), takes_documents=lambda _: False)

    body: list[Message] = [
        {"type": "http.request", "body": b"1", "more_body": True},
        {"type": "http.request", "body": b"2"},
    ]
    asked = [Exchange(limit, scope(), [dict(part) for part in body]) for _ in range(20)]
    probe = Exchange(limit, scope("/livez"))
    await settle()
    assert len(working.begun) == 3, "two and the probe"
    refused = [one for one in asked if one.status == 503]
    assert len(refused) == 15
    assert {one.headers["retry-after"] for one in refused} == {"1"}

    working.done.set()
    await settle()
    assert probe.status == 200
    assert [one.body for one in asked if one.status == 200] == [b"1"] * 5, "and bodies are received as they came"


@in_a_loop
async def test_w15_clients_are_let_in_by_turns() -> None:
    queue = FairQueue(1, 20)
    await queue.enter("busy")
    order: list[str] = []

    async def wait(client: str) -> None:
        await queue.enter(client)
        order.append(client)

    waiting = [asyncio.ensure_future(wait("busy")) for _ in range(5)]
    await settle()
    waiting += [asyncio.ensure_future(wait(client)) for client in ("quiet", "other", "quiet")]
    await settle()
    for _ in waiting:
        queue.leave()
        await settle()
    assert order == ["busy", "quiet", "other", "busy", "quiet", "busy", "busy", "busy"]


@in_a_loop
async def test_r9_whose_turn_would_come_too_late_is_refused_at_once() -> None:
    clock = Clock()
    queue = FairQueue(1, 20, seconds=10, clock=clock)
    await queue.enter("first")
    waiting = [asyncio.ensure_future(queue.enter("busy")) for _ in range(4)]
    await settle()
    assert queue.waiting == 4, "nobody has left yet, so nothing is known of the pace"

    clock.now += 2  # two seconds for each that leaves; three wait then
    queue.leave()
    await settle()
    with pytest.raises(Overloaded, match="would have to wait longer than 5 seconds"):
        await queue.enter("busy")  # the fourth in line: 8 seconds
    waiting.append(asyncio.ensure_future(queue.enter("quiet")))  # the second, as clients are let in by turns: 4 seconds
    await settle()
    assert queue.waiting == 4

    for _ in range(4):  # they leave at once, so the pace is better
        queue.leave()
        await settle()
    assert all(one.done() and one.result() for one in waiting)
    assert queue.waiting == 0
    more = [asyncio.ensure_future(queue.enter("busy")) for _ in range(4)]
    await settle()
    assert queue.waiting == 4
    for _ in range(5):
        queue.leave()
        await settle()
    assert all(one.result() for one in more)
    assert queue.working == 0


@in_a_loop
async def test_r9_one_that_was_slow_lets_the_next_one_wait_and_is_forgotten_although_nobody_does() -> None:
    clock = Clock()
    queue = FairQueue(1, 20, seconds=10, clock=clock)
    await queue.enter("slow")
    clock.now += 1000
    queue.leave()
    await queue.enter("one")
    waits = asyncio.ensure_future(queue.enter("waits"))
    await settle()
    with pytest.raises(Overloaded):
        await queue.enter("another")
    queue.leave()
    assert await waits
    for _ in range(20):  # one after another, each for a second
        clock.now += 1
        queue.leave()
        await queue.enter("one")
    waiting = [asyncio.ensure_future(queue.enter("waits")) for _ in range(4)]
    await settle()
    assert queue.waiting == 4
    for one in waiting:
        queue.leave()
        assert await one


@in_a_loop
async def test_r9_those_who_may_come_between_count() -> None:
    """Each of three clients has one in line, the first one two: before the next of it three may come by turns twice."""
    clock = Clock()
    queue = FairQueue(1, 20, seconds=10, clock=clock)
    await queue.enter("other")
    waiting = [asyncio.ensure_future(queue.enter(client)) for client in ("one", "one", "one", "two", "three")]
    await settle()
    clock.now += 1  # a second for each that leaves
    queue.leave()
    await settle()
    with pytest.raises(Overloaded, match="would have to wait longer"):
        await queue.enter("one")  # (2 + 1) * 3 seconds
    waiting.append(asyncio.ensure_future(queue.enter("four")))  # 4 seconds
    await settle()
    assert queue.waiting == 5
    for _ in waiting:
        queue.leave()
        await settle()
    assert all(one.result() for one in waiting)


@in_a_loop
async def test_r9_while_more_and_more_are_refused_no_more_wait_than_are_worked_on() -> None:
    clock = Clock()
    queue = FairQueue(2, 6, seconds=10, clock=clock)
    numbers = itertools.count()
    places: list[asyncio.Task[bool]] = []

    async def come(count: int) -> None:
        places.extend(asyncio.ensure_future(queue.enter(str(next(numbers)))) for _ in range(count))
        await settle()

    async def leave(count: int) -> None:
        for _ in range(count):
            queue.leave()
            await settle()

    async def refused(why: str) -> None:
        with pytest.raises(Overloaded, match=why):
            await queue.enter(str(next(numbers)))

    await come(8)
    for _ in range(40):  # a quarter of a second for each that leaves, and in its place another comes
        clock.now += 0.25
        await leave(1)
        await come(1)
        assert queue.waiting == 6, "nobody is refused, however long it goes on"
    for _ in range(20):  # for five seconds one more comes each time
        await refused("waiting already")
        clock.now += 0.25
        await leave(1)
        await come(1)
    for waiting in (5, 4, 3, 2):
        clock.now += 0.25
        await leave(1)
        assert queue.waiting == waiting
        await refused("for long")
    await leave(1)
    await come(1)
    assert queue.waiting == 2, "as many as are worked on"

    await leave(2)
    clock.now += 0.1
    await come(2)
    assert queue.waiting == 2
    await refused("for long")  # two left at once: that was no pause
    await leave(2)
    clock.now += 1.0
    await come(6)
    assert queue.waiting == 6, "after a pause there may be another burst"
    await leave(8)
    assert all(one.result() for one in places)
    assert (queue.waiting, queue.working) == (0, 0)


@in_a_loop
async def test_a_place_is_given_back_whatever_becomes_of_those_who_wait() -> None:
    queue = FairQueue(1, 3, seconds=0.01)
    await queue.enter("one")
    with pytest.raises(Overloaded, match="has waited"):
        await queue.enter("two")
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    left = asyncio.ensure_future(queue.enter("three", gone))
    cancelled = asyncio.ensure_future(queue.enter("four"))
    given = asyncio.ensure_future(queue.enter("five"))
    await settle()
    gone.set_result(None)
    cancelled.cancel()
    await settle()
    assert not left.result()
    queue.leave()  # the place is given to the fifth, who is cancelled before it can take it
    given.cancel()
    await settle()
    assert (queue.waiting, queue.working) == (0, 0)
    assert await queue.enter("six")


@in_a_loop
async def test_w12_clients_that_go_away_while_they_wait_cost_nothing() -> None:
    working, queue = Working(), FairQueue(1, 1)
    limit = ConcurrencyLimit(working, queue=queue, takes_documents=lambda _: False)
    first = Exchange(limit, scope())
    await settle()
    for _ in range(10_000):
        other = Exchange(limit, scope(client="192.0.2.2"))
        other.hang_up()
        await other.task
        assert other.status is None
    assert (queue.waiting, queue.working) == (0, 1)
    working.done.set()
    await first.task
    assert working.begun == ["192.0.2.1"]
    assert len(asyncio.all_tasks()) == 1, "no task is left behind"


@in_a_loop
async def test_w12_and_in_the_middle_of_their_request() -> None:
    working, queue = Working(), FairQueue(1, 1)
    limit = ConcurrencyLimit(working, queue=queue, takes_documents=lambda _: False)
    half: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]
    asked = [Exchange(limit, scope(), list(half)) for _ in range(100)]
    await settle()
    assert (queue.waiting, queue.working) == (0, 0), "half a request holds no place"
    for one in asked:
        one.hang_up()
        await one.task
    assert working.begun == []


@in_a_loop
async def test_documents_have_places_of_their_own() -> None:
    working = Working()
    limit = ConcurrencyLimit(working, queue=FairQueue(1, 0), takes_documents=lambda scope: scope["method"] == "PUT")
    puts = [Exchange(limit, scope("/documents/a.txt", "PUT")) for _ in range(6)]
    await settle()
    assert [one.status for one in puts] == [None, None, None, None, 503, 503]
    ask = Exchange(limit, scope())
    await settle()
    assert len(working.begun) == 3
    working.done.set()
    await settle()
    assert ask.status == 200


def test_the_service_answers_behind_all_limits(built: Library) -> None:
    settings = Settings.model_validate({"read_token": "x" * 40})
    guards = Guards.of(settings)
    assert guards.at_once >= 2
    client: TestClient = built.client(guards=guards)
    client.headers["authorization"] = "Bearer " + "x" * 40

    assert client.post("/ask", json={"question": BERTH}).json()["answered"]
    assert client.post("/ask/stream", json={"question": BERTH}).text.count("event: ") == 3
    assert client.post("/ask", content=b"x" * 40_000).status_code == 413
    assert client.post("/ask", content=(b"x" for _ in range(40_000))).status_code == 413
