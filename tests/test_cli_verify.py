"""`qa verify`: the verdict in words, in JSON and as an exit code; and saved citations looked for in the index."""

import json
from pathlib import Path

import pytest

from commands import Qa, failed
from library import BERTH, BERTH_QUOTE, HARBOUR, PENNANT, Library
from qa.depot.remedies import PULL


def saved(library: Library, path: Path, *questions: str) -> Path:
    client = library.client()
    turns = [{"reply": client.get("/ask", params={"q": question}).json()} for question in questions]
    path.write_text(json.dumps({"title": "A conversation", "turns": turns}))
    return path


def test_a_true_index_exits_with_0(qa: Qa, library: Library) -> None:
    assert qa("index", "--allow-skipped").code == 0
    ran = qa("verify")

    assert ran.code == 0
    assert "documents  3, 3 read from the corpus and parsed again; 2 files skipped" in ran.out
    assert "vectors    5 of 5 encoded again, least agreement 0.9999" in ran.out
    assert ran.out.splitlines()[-1] == "Verdict: the index is true to the corpus."


def test_a_change_is_told_and_is_no_damage(qa: Qa, library: Library) -> None:
    assert qa("index", "--allow-skipped").code == 0
    library.write("harbour.md", "# Other\n\nOther rules.")
    for number in range(25):
        library.write(f"new/{number:02}.txt", "News.")

    ran = qa("verify", "--vectors")

    assert ran.code == 0
    assert "changed: harbour.md has changed." in ran.out
    assert "changed: … and 6 more" in ran.out
    assert "Verdict: intact, but the corpus has changed since." in ran.out


def test_damage_exits_with_1(qa: Qa, built: Library) -> None:
    built.spoil()

    ran = qa("verify")
    assert ran.code == 1
    assert "is not as it was built" in ran.out
    assert "qa index --force" in ran.out.splitlines()[-1]

    found = json.loads(qa("verify", "--json").out)
    assert found["verdict"] == "damaged"
    assert [sorted(finding) for finding in found["damaged"]] == [["path", "words"]]


def test_at_a_replica_nothing_advises_to_build(qa: Qa, built: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_FOLLOW", "depot")
    built.write("harbour.md", "# Other\n\nOther rules.")
    last = qa("verify").out.splitlines()[-1]
    assert "not of the corpus as it is here" in last
    assert "qa index" not in last

    built.spoil()
    assert qa("verify").out.splitlines()[-1] == f"Verdict: damaged. {PULL}"


def test_without_an_index_it_says_how_to_make_one(qa: Qa, library: Library) -> None:
    failed(qa("verify"), 1, "no index", "qa index")


def test_saved_citations_are_looked_for(qa: Qa, built: Library, tmp_path: Path) -> None:
    path = str(saved(built, tmp_path / "answers.json", BERTH, PENNANT))
    ran = qa("verify", path)
    assert ran.code == 0
    assert f"same: “{BERTH_QUOTE}”" in ran.out

    built.write("harbour.md", HARBOUR.replace("# Harbour rules\n", "# Harbour rules\n\nRead them.\n"))
    (built.settings.corpus / "letters" / "café signals.txt").unlink()
    built.build()

    ran = qa("verify", path)
    assert ran.code == 1
    assert f"[1] moved: “{BERTH_QUOTE}”" in ran.out
    assert "harbour.md, characters" in ran.out
    assert "deleted: “Zoe" in ran.out
    assert "1 moved, " in ran.out.splitlines()[-1]

    found = json.loads(qa("verify", path, "--json").out)
    assert found["holds"] is False
    assert found["citations"][0]["status"] == "moved"
    assert found["generation"] == built.store.current()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[]", "no citations"),
        (b'{"quote": "x"}', "no citations"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b"x", "not JSON"),
    ],
)
def test_a_file_without_citations_is_wrong_usage(
    qa: Qa, built: Library, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    failed(qa("verify", str(path)), 2, words)
    failed(qa("verify", str(tmp_path / "none.json")), 2, "cannot be read")
