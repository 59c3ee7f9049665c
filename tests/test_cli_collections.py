"""Commands where the settings have several collections: about all, or the one that `--collection` names."""

from pathlib import Path

import pytest

from commands import Qa
from library import BERTH, BERTH_QUOTE


@pytest.fixture
def several(qa: Qa) -> Qa:
    """Two collections in the settings file of the working folder, indexed."""
    for name, text in (("zoo", "The tapir sleeps in the orangery."), ("port", BERTH_QUOTE)):
        Path(name).mkdir()
        (Path(name) / "some.txt").write_text(text + "\n")
    Path("quoth.toml").write_text('[collections.zoo]\ncorpus = "zoo"\n[collections.port]\ncorpus = "port"\n')
    ran = qa("index")
    assert (ran.code, ran.out.count("published generation")) == (0, 2)
    return qa


def test_all_are_searched_and_one_alone(several: Qa) -> None:
    assert "[port]" in several("search", BERTH).out
    assert BERTH_QUOTE not in several("search", BERTH, "--collection", "zoo").out
    assert '"collection": "port"' in several("ask", BERTH, "--collection", "port", "--json").out


def test_all_are_listed_and_verified_and_what_is_about_one_says_so(several: Qa) -> None:
    assert several("index", "--list").out.count("Collection ") == 2
    assert several("verify", "--collection", "zoo").out.count("true to the corpus") == 1
    pruned = several("index", "--prune")
    assert (pruned.code, "Name one with --collection: zoo, port." in pruned.err) == (2, True)
    unknown = several("ask", BERTH, "--collection", "x")
    assert (unknown.code, "no collection 'x'" in unknown.err) == (2, True)


def test_without_collections_none_can_be_named(qa: Qa) -> None:
    assert "Add a table [collections.NAME]" in qa("index", "--collection", "x").err
