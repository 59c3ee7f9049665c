"""A thousand requests made out of the API's description, good ones and bad ones: none is answered against it."""

from pathlib import Path

from schemathesis_run import tried

EACH = 13
"""Requests of a kind for each operation; with those of the other phases over a thousand in all."""


def test_every_answer_is_as_described(tmp_path: Path) -> None:
    found = tried(tmp_path, each=EACH, seed=1, seconds=300)

    assert not found.failed, found.said
    assert found.cases >= 1000
