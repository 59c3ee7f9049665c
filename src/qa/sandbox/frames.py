"""What parent and child say to one another: frames of a JSON value and bytes, each with its length before it."""

import json
import socket
import struct
import time
from typing import Any, NamedTuple

_LENGTHS = struct.Struct(">IQ")  # of the JSON in UTF-8 and of the bytes
_PIECE = 1 << 20
REQUEST_LIMIT = 1 << 31
JSON_LIMIT = 64_000_000
DATA_LIMIT = 256_000_000
"""Most bytes of the two parts of a reply: what a child that went mad can make its parent hold."""
MARKS_LIMIT = 12_000_000
"""Most brackets, braces, commas and colons of the JSON, whose values can take thirty times the room of their text.

With so many they take 1.1 GB at most. A million blocks, 50 MB of JSON, have nine million.
"""


class Frame(NamedTuple):
    """A JSON value and bytes."""

    value: Any
    data: bytes


class FrameTooLarge(Exception):  # never shown
    """The other side announces more than may be taken in."""


def send(channel: socket.socket, frame: Frame, deadline: float | None = None) -> None:
    """Send a frame by `deadline` (of `time.monotonic`); raises TimeoutError, or OSError when nobody listens."""
    text = json.dumps(frame.value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    _set_timeout(channel, deadline)
    channel.sendall(_LENGTHS.pack(len(text), len(frame.data)) + text)
    if frame.data:
        channel.sendall(frame.data)  # in Python, the time-out of `sendall` is for the whole of it


def receive(
    channel: socket.socket,
    deadline: float | None = None,
    *,
    json_limit: int = JSON_LIMIT,
    data_limit: int = DATA_LIMIT,
) -> Frame:
    """Receive a frame by `deadline`.

    Raises TimeoutError, FrameTooLarge, ValueError or RecursionError when it is no JSON, EOFError when the other side
    has gone, or OSError.
    """
    text_length, data_length = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, deadline))
    if text_length > json_limit or data_length > data_limit:
        raise FrameTooLarge
    text = _exactly(channel, text_length, deadline)
    if sum(map(text.count, b"[{,:")) > MARKS_LIMIT:
        raise FrameTooLarge
    value = json.loads(text)
    return Frame(value, _exactly(channel, data_length, deadline))


def _exactly(channel: socket.socket, length: int, deadline: float | None) -> bytes:
    pieces = []
    while length:
        _set_timeout(channel, deadline)
        piece = channel.recv(min(length, _PIECE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        length -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _set_timeout(channel: socket.socket, deadline: float | None) -> None:
    if deadline is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
