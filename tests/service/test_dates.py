"""The days of files: only where the bytes that are indexed are those that the stamp is of."""

import os
from datetime import UTC, datetime

from fastapi.testclient import TestClient

from html_tree import parse
from library import BERTH, PENNANT, Library
from qa.service.dates import Day, FileDates, moment, newer_of

HTML = {"accept": "text/html"}
MARCH = datetime(2019, 3, 4, 10, 20, 30, tzinfo=UTC)


def dated(library: Library, path: str = "harbour.md") -> FileDates:
    """A library whose file has a known day."""
    os.utime(library.settings.corpus / path, (MARCH.timestamp(), MARCH.timestamp()))
    library.build()
    return FileDates(library.settings.index, library.settings.corpus)


def sha256(library: Library, path: str = "harbour.md") -> str:
    (record,) = [record for record in library.engine().documents() if record.path == path]
    return record.sha256


def test_a_file_has_the_time_that_its_folder_says(library: Library) -> None:
    dates = dated(library)

    assert dates.of("harbour.md", sha256(library)) == MARCH
    assert dates.of("harbour.md", "0" * 64) is None, "other bytes than those that were seen"
    assert dates.of("nowhere.md", sha256(library)) is None


def test_a_later_build_is_noticed(library: Library) -> None:
    dates = dated(library)
    before = sha256(library)
    assert dates.of("harbour.md", before) == MARCH
    library.write("harbour.md", "# Harbour\n\nIt is closed.\n")
    later = datetime(2024, 2, 29, tzinfo=UTC)
    os.utime(library.settings.corpus / "harbour.md", (later.timestamp(), later.timestamp()))
    library.build()

    assert dates.of("harbour.md", before) is None
    assert dates.of("harbour.md", sha256(library)) == later


def test_without_stamps_nothing_is_known(library: Library) -> None:
    dated(library)
    known = sha256(library)

    assert FileDates(None, library.settings.corpus).of("harbour.md", known) is None
    (library.settings.index / "stamps.json").unlink()
    assert FileDates(library.settings.index, library.settings.corpus).of("harbour.md", known) is None


def test_days_in_words() -> None:
    assert (Day(MARCH).words, Day(MARCH).iso) == ("4 Mar 2019", "2019-03-04T10:20:30+00:00")
    assert Day.of(None) is None
    assert moment(10**30) is None
    assert moment(-1) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_newer_of_two() -> None:
    old, new = Day(MARCH), Day(datetime(2020, 1, 1, tzinfo=UTC))

    assert [newer_of(old, new), newer_of(new, old), newer_of(old, old), newer_of(old, None)] == [2, 1, None, None]


def test_pages_and_api_tell_them(library: Library) -> None:
    dated(library)
    client: TestClient = library.client()

    (citation,) = client.get("/ask", params={"q": BERTH}).json()["citations"][:1]
    assert citation["modified"] == "2019-03-04T10:20:30+00:00"
    page = parse(client.get("/", params={"q": BERTH}, headers=HTML).text)
    assert "changed 4 Mar 2019" in page.all(of_class="locator")[0].text
    assert page.all("time")[0].attributes["datetime"] == "2019-03-04T10:20:30+00:00"
    source = parse(client.get(citation["url"], headers=HTML).text)
    assert "changed 4 Mar 2019" in source.one(of_class="source-head").text
    assert "Index built" in source.one(of_class="source-head").text
    assert "changed 4 Mar 2019" in client.get("/conversation.html", params={"q": BERTH}).text
    found = {one["path"]: one["modified"] for one in client.get("/documents").json()["documents"]}
    assert found["harbour.md"] == client.get(f"/documents/{citation['document_id']}").json()["modified"]
    assert found["harbour.md"] == "2019-03-04T10:20:30+00:00"
    (stream,) = [
        line for line in client.get("/ask/stream", params={"q": BERTH}).text.splitlines() if "citations" in line
    ]
    assert '"modified":"2019-03-04T10:20:30+00:00"' in stream.replace('": "', '":"')
    assert client.get("/", params={"q": PENNANT}, headers=HTML).status_code == 200
