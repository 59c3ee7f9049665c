"""What guards the service, in one place: who may ask for what, and how much."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import FastAPI

from qa.errors import ConfigError
from qa.service.access import Access
from qa.service.concurrency import ConcurrencyLimit
from qa.service.documents_page import takes_documents
from qa.service.fair_queue import FairQueue
from qa.service.rate_limit import Allowance, RateLimit
from qa.service.tokens import Tokens, load_tokens
from qa.settings import LOOPBACK, Settings

LEAST_AT_ONCE = 2
"""So that a long request never has all others wait, on one core as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Who may ask for what, and how much.

    `tokens` are asked for if there are any; `described` says whether the API's description and figures are given out.

    One client may send `requests_per_second`; `at_once` requests are worked on, and so many more may be `waiting`.
    0 means no limit for the former two.
    """

    tokens: Tokens = field(default_factory=lambda: Tokens(()))
    described: bool = True
    requests_per_second: float = 0.0
    at_once: int = 0
    waiting: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Guards":
        """As the settings say; raises TokensUnusable, or ConfigError when others could reach the service unasked."""
        tokens = load_tokens(settings)
        if not tokens and settings.host not in LOOPBACK and not settings.insecure:
            raise ConfigError(
                f"Others could reach the service at {settings.host}, and it would ask nobody for a token.",
                remedy="Set QA_READ_TOKEN or QA_WRITE_TOKEN (make one with `openssl rand -hex 32`), or say --insecure "
                "if everybody who can reach this machine may read the documents.",
            )
        return cls(
            tokens=tokens,
            described=bool(tokens) or settings.is_local(),
            requests_per_second=settings.requests_per_second,
            at_once=settings.at_once or max(LEAST_AT_ONCE, len(os.sched_getaffinity(0)) // settings.workers),
            waiting=settings.waiting,
        )

    def install(self, app: FastAPI, tell: Callable[[int, int], None] = lambda _working, _waiting: None) -> None:
        """Put the guards around the routes; the last one added is asked first.

        `tell` is told how many requests are worked on and how many wait.
        """
        if self.at_once:
            queue = FairQueue(self.at_once, self.waiting, tell=tell)
            app.add_middleware(ConcurrencyLimit, queue=queue, takes_documents=takes_documents)
        if self.tokens:
            app.add_middleware(Access, tokens=self.tokens)
        if self.requests_per_second:
            app.add_middleware(RateLimit, allowance=Allowance(self.requests_per_second))
