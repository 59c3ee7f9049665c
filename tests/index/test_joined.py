"""The records of a generation as one: what was read last stays in memory, up to a bound."""

from pathlib import Path

import pytest

from qa.index import joined
from qa.index.joined import JoinedRecords
from qa.types import document_id
from shelf import Shelf


def test_texts_are_kept_up_to_so_many_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"a.txt": "Herons wait.", "b.txt": "Storks nest!", "c.txt": "Tides rise: " + "water. " * 9}
    monkeypatch.setattr(joined, "CHARACTERS_KEPT", len(texts["a.txt"]) + len(texts["b.txt"]))
    shelf = Shelf(tmp_path).write(texts)
    shelf.build()
    snapshot = shelf.open()
    records = JoinedRecords(shelf.store.folder(snapshot.generation), snapshot.manifest)
    a, b, c = (records.sparse(document_id(name)) for name in texts)
    assert [document.text.strip() for document in (a, b, c)] == [text.strip() for text in texts.values()]
    assert records.sparse(document_id("c.txt")) is not c  # longer than all that is kept, and it pushed out the others
    a = records.sparse(document_id("a.txt"))
    b = records.sparse(document_id("b.txt"))
    assert records.sparse(document_id("a.txt")) is a
    assert records.sparse(document_id("b.txt")) is b
    with pytest.raises(KeyError):
        records.sparse("unknown")
    records.close()
