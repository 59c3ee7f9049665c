"""Who may do what: tokens with a role, compared in constant time, and sessions of browsers that were given one.

A session is no stored thing: it is the time at which it ends, signed with the token that was typed in. So it needs no
table, ends by itself, ends at once when its token is taken away, and is no token for programs.
"""

import hashlib
import hmac
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from qa.errors import TokensUnusable
from qa.settings import CollectionSettings, Settings

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
    """A secret and what it is good for, in every collection or in the one that is named."""

    role: Role
    secret: str
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What whoever has a token may do: a role in each collection that is named; None stands for all of them."""

    roles: Mapping[str | None, Role]

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> "Grant | None":
        """All that these tokens allow; None for none."""
        roles: dict[str | None, Role] = {}
        for token in tokens:
            roles[token.collection] = max(token.role, roles.get(token.collection, token.role))
        return cls(roles) if roles else None

    @property
    def most(self) -> Role:
        """The strongest role, in whichever collection."""
        return max(self.roles.values())

    @property
    def everywhere(self) -> Role | None:
        """The role that it has in every collection."""
        return self.roles.get(None)

    def role_in(self, collection: str | None) -> Role | None:
        """What it may do in a collection; None when it may not even know of it."""
        return max((role for name, role in self.roles.items() if name in {None, collection}), default=None)


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

    def grant_of(self, secret: str) -> Grant | None:
        """What a token allows, None for one that is not known; takes as long for every guess."""
        given = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        return Grant.of(
            [
                token
                for token in self._tokens
                if hmac.compare_digest(hashlib.sha256(token.secret.encode()).digest(), given)
            ]
        )

    def session(self, secret: str) -> str:
        """What the cookie of a browser holds that was given this token."""
        expiry = f"{int(self._clock()) + SESSION_SECONDS:0{_EXPIRY_DIGITS}d}"
        return f"{expiry}.{_signed(secret, expiry)}"

    def grant_of_session(self, session: str) -> Grant | None:
        """What a session allows, None when it has ended, its token is gone, or it was never given."""
        expiry, _, signature = session.partition(".")
        if len(expiry) != _EXPIRY_DIGITS or not (expiry.isascii() and expiry.isdigit()) or not signature.isascii():
            return None
        known = [token for token in self._tokens if hmac.compare_digest(_signed(token.secret, expiry), signature)]
        return Grant.of(known) if self._clock() < int(expiry) else None


def load_tokens(settings: Settings) -> Tokens:
    """The tokens of the settings and of their files, those of collections bound to them; raises TokensUnusable."""
    tokens = _of(settings, None)
    of_collections: list[Token] = []
    for name, own in settings.collections.items():
        bound = _of(own, name)
        if settings.has_tokens() and not (tokens or bound):
            raise TokensUnusable(
                f"No token opens the collection {name!r}, and others have one.",
                remedy="Give it one in its table, or one for all collections at the top.",
            )
        of_collections.extend(bound)
    return Tokens([*tokens, *of_collections])


def _of(settings: Settings | CollectionSettings, collection: str | None) -> list[Token]:
    given = [(Role.READ, settings.read_token), (Role.WRITE, settings.write_token)]
    given += _from_file(settings.token_file) if settings.token_file is not None else []
    return [Token(role, secret, collection) for role, secret in given if secret]


def _from_file(path: Path) -> list[tuple[Role, str]]:
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
    return [(Role[words[0].upper()], words[1]) for _, words in found]


def _counts(line: str) -> bool:
    """Whether a line is neither empty nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _signed(secret: str, expiry: str) -> str:
    return hmac.new(secret.encode(), f"quoth session until {expiry}".encode(), hashlib.sha256).hexdigest()
