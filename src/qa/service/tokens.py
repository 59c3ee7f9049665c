"""Who may do what: tokens with a role, compared in constant time, and sessions of browsers that were given one.

A session is no stored thing: it is the time at which it ends, signed with the token that was typed in. So it needs no
table, ends by itself, ends at once when its token is taken away, and is no token for programs.
"""

import hashlib
import hmac
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from qa.errors import TokensUnusable
from qa.settings import Settings

MIN_CHARACTERS = 24
"""Shorter tokens are refused: 24 characters in hexadecimal are 96 bits, which nobody guesses at any rate of trying."""
SESSION_SECONDS = 7 * 24 * 3600
"""So long a browser stays signed in."""
MAKE_ONE = "Make one with `openssl rand -hex 32`."
_EXPIRY_DIGITS = 12


class Role(IntEnum):
    """What a request may do; each role may do what those before it may."""

    READ = 1
    WRITE = 2


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A secret and what it is good for."""

    role: Role
    secret: str


class Tokens:
    """All tokens of the service. Knows nothing of HTTP."""

    def __init__(self, tokens: Iterable[Token], *, clock: Callable[[], float] = time.time) -> None:
        """Raises TokensUnusable for a token that could be guessed, without showing it."""
        self._tokens = tuple(tokens)
        self._clock = clock
        for token in self._tokens:
            if len(token.secret) < MIN_CHARACTERS or not token.secret.isascii() or not token.secret.isprintable():
                raise TokensUnusable(
                    f"A token is shorter than {MIN_CHARACTERS} characters, or has others than ASCII.", remedy=MAKE_ONE
                )

    def __bool__(self) -> bool:
        return bool(self._tokens)

    def role_of(self, secret: str) -> Role | None:
        """The role of a token, None for one that is not known; takes as long for every guess."""
        given = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        roles = [
            token.role
            for token in self._tokens
            if hmac.compare_digest(hashlib.sha256(token.secret.encode()).digest(), given)
        ]
        return max(roles, default=None)

    def session(self, secret: str) -> str:
        """What the cookie of a browser holds that was given this token."""
        expiry = f"{int(self._clock()) + SESSION_SECONDS:0{_EXPIRY_DIGITS}d}"
        return f"{expiry}.{_signed(secret, expiry)}"

    def role_of_session(self, session: str) -> Role | None:
        """The role of a session, None when it has ended, its token is gone, or it was never given."""
        expiry, _, signature = session.partition(".")
        if len(expiry) != _EXPIRY_DIGITS or not (expiry.isascii() and expiry.isdigit()) or not signature.isascii():
            return None
        roles = [token.role for token in self._tokens if hmac.compare_digest(_signed(token.secret, expiry), signature)]
        return max(roles, default=None) if self._clock() < int(expiry) else None


def load_tokens(settings: Settings) -> Tokens:
    """The tokens of the settings and of their file; raises TokensUnusable."""
    given = [(Role.READ, settings.read_token), (Role.WRITE, settings.write_token)]
    tokens = [Token(role, secret) for role, secret in given if secret]
    if settings.token_file is not None:
        tokens += _from_file(settings.token_file)
    return Tokens(tokens)


def _from_file(path: Path) -> list[Token]:
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TokensUnusable(
            f"The file of tokens {path} cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'}).",
            remedy="Check its name and permissions.",
        ) from None
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise TokensUnusable(
            f"The file of tokens {path} can be read by everybody, or written by its group.",
            remedy=f"Take that away: chmod 640 {path}",
        )
    found = [(number, line.split()) for number, line in enumerate(lines, start=1) if _counts(line)]
    for number, words in found:
        if len(words) != len(("role", "token")) or words[0] not in {"read", "write"}:
            raise TokensUnusable(
                f"Line {number} of the file of tokens {path} is not `read` or `write`, a space and a token.",
                remedy=MAKE_ONE,
            )
    if not found:
        raise TokensUnusable(f"The file of tokens {path} has no token.", remedy=MAKE_ONE)
    return [Token(Role[words[0].upper()], words[1]) for _, words in found]


def _counts(line: str) -> bool:
    """Whether a line is neither empty nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _signed(secret: str, expiry: str) -> str:
    return hmac.new(secret.encode(), f"quoth session until {expiry}".encode(), hashlib.sha256).hexdigest()
