"""Connections of clients that are too slow end: one that sends half a request, and one that does not read its answer.

uvicorn keeps both for as long as the other side likes, so some hundreds of them would take every descriptor. What is no
request at all is refused here, too.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from qa.service.closing import closing

BYTES_A_SECOND = 65_536
"""So many bytes of a body earn a second more: a file of 50 MB has 13 minutes."""
_RECEIVING = frozenset({h11.IDLE, h11.SEND_BODY})


class DeadlineProtocol(H11Protocol):
    """One connection. A request must be complete `seconds` after it began, a body's size earning more.

    The time in which the service itself does not want to read does not count against a client. What has been answered
    must be read `seconds` after it could not be sent on.
    """

    seconds: float = 10.0

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._receiving: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._earned = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The time for the first request begins."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop()
        if self._unread:
            self._unread.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Stop the clock when a request is complete, start it with the first byte of the next one."""
        self._earned += len(data)
        super().data_received(data)
        if self.conn.their_state not in _RECEIVING:
            self._stop()
        elif self._receiving is None and not self.transport.is_closing():
            self._expect()

    def on_response_complete(self) -> None:
        """See to it that the answer is read, also when the connection is closed behind it."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._await_reader()

    def pause_writing(self) -> None:
        """The other side does not read."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """It does."""
        if self._unread:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _expect(self) -> None:
        self._earned = 0
        self._receiving = self.loop.call_later(self.seconds, self._late, self.loop.time())

    def _stop(self) -> None:
        if self._receiving:
            self._receiving.cancel()
            self._receiving = None

    def _late(self, began: float) -> None:
        """The time is over: more for a body that has come along, or while we do not read; else the end."""
        rest = self.seconds + self._earned / BYTES_A_SECOND - (self.loop.time() - began)
        if self.flow.read_paused or (self.conn.their_state is h11.SEND_BODY and rest > 0):
            self._receiving = self.loop.call_later(max(rest, 1.0), self._late, began)
            return
        self._receiving = None
        if not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # what the parser says is for no client
        """Refuse what cannot be read as a request, or as the rest of one."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _refuse(self, status: HTTPStatus) -> None:
        """Say why, unless an answer has begun, and end the connection."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(closing(status))
        self.transport.close()
        self._await_reader()

    def _await_reader(self) -> None:
        if self._unread is None:
            self._unread = self.loop.call_later(self.seconds, self.transport.abort)


def with_deadlines(seconds: float) -> type[DeadlineProtocol]:
    """The protocol with its time, as uvicorn takes it."""
    return type("DeadlineProtocol", (DeadlineProtocol,), {"seconds": seconds})
