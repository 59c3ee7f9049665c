"""Tantivy, its only import: BM25 over title, headings and text of every passage.

Queries are built term by term from the analyser's output, never parsed, so no question can be query syntax. Tantivy
names its segments at random; they are renamed by content, so that the same passages give the same bytes. Each volume
is an index of its own; opened together, their segments are one index, whose statistics are those of the whole.
"""

import hashlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import tantivy

from qa.ports import Hit, LexicalEntry
from qa.text.codes import codes, names_like_stop_words
from qa.text.scripts import composed, in_pairs

BODY = "body"
FIELDS = ("title", "headings", BODY)
ANALYSER = "qa_en"
WRITER_MEMORY = 200_000_000
STEMS_KEPT = 1 << 16
"""Words whose stems are remembered, some 10 MB. A question has some 500 sentences cut into terms, mostly of words that
were met before, and stemming them anew took half of the time of a search."""
FREQUENCIES_KEPT = 4096
"""Terms whose frequencies are remembered: each question asks for those of its words several times."""
_BLANKS = bytes(byte if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256)).lower()
"""Makes ASCII lower case and every character but letters and digits a blank, at half the price of a pattern."""

# Words of questions that say nothing about the subject; they are left out of queries, never out of the index.
STOPWORDS = frozenset(
    "a about an and any are as at be been being by can could did do does doing for from had has have having he her "
    "him his how i if in into is it its let me my of on or our please shall she should so some tell than that the "
    "their them then there these they this those to us was we were what when where which who whom whose why will "
    "with would you your s".split()
)


def _analyser(*, stem: bool) -> tantivy.TextAnalyzer:
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    return (builder.filter(tantivy.Filter.stemmer("english")) if stem else builder).build()


class Terms:
    """Cuts texts into index terms, as the index does."""

    def __init__(self) -> None:
        self._words = _analyser(stem=False)
        self._stems = _analyser(stem=True)
        self._stem = _Remembered(partial(_stemmed, self._stems)).__getitem__

    def __call__(self, text: str) -> list[str]:
        """The terms of a text without the stop words (with them, when it holds nothing else).

        Codes come once more as a whole; a stop word in capitals is a name (US, WHO).
        """
        text = with_codes(text)
        if text.isascii():  # where "letter or digit" is the same for both, and a word need be stemmed once only
            words = _blanked(text).split()
            stems = list(map(self._stem, words))
        else:
            words = self._words.analyze(text)
            stems = self._stems.analyze(text)
        named = names_like_stop_words(text)
        kept = [stem for word, stem in zip(words, stems, strict=True) if word not in STOPWORDS or word in named]
        return kept or stems


class TantivyLexicalIndex:
    """The open indexes of some folders, read-only. `heading_boost` weighs title and headings beside the text (1.0)."""

    def __init__(self, folders: Sequence[Path], *, heading_boost: float) -> None:
        # Tantivy takes a lock beside what it opens; through a folder of links the generation stays as it is, even
        # on a read-only disk. All files are mapped when the searcher is made, so the links may go then. Its watching
        # thread may still be taking that lock while the folder is removed, which is no reason to fail.
        with tempfile.TemporaryDirectory(prefix="quoth-", ignore_cleanup_errors=True) as view:
            sizes = _join(folders, Path(view))
            self._index = tantivy.Index.open(view)
            self._index.register_tokenizer(ANALYSER, _analyser(stem=True))
            self._index.config_reader("manual")
            self._index.reload()
            self._searcher = self._index.searcher()
        self._starts = list(accumulate(sizes, initial=0))
        self._boosts = {"title": heading_boost, "headings": heading_boost, BODY: 1.0}
        self.terms = Terms()
        """The index terms of a text, see `Terms`."""
        # Of functions, not of methods: those would hold this object, so that what it has open stayed open after it.
        self._by_field = lru_cache(maxsize=FREQUENCIES_KEPT)(partial(_by_field, self._searcher))
        found_in = partial(_found_in, self._index, self._searcher, self._by_field)
        self.document_frequency = lru_cache(maxsize=FREQUENCIES_KEPT)(found_in)
        """In how many entries a term occurs, in any field."""

    def search(self, query: str, limit: int) -> list[Hit]:
        """The `limit` best entries, best first, ties by ordinal.

        Only fields that hold a term are asked for it: titles and headings rarely do, and each costs a look into every
        segment.
        """
        terms = Counter(self.terms(query))
        clauses = [
            (
                tantivy.Occur.Should,
                tantivy.Query.boost_query(
                    tantivy.Query.term_query(self._index.schema, field, term, "freq"), boost * count
                ),
            )
            for term, count in sorted(terms.items())
            for field in self._by_field(term)
            if (boost := self._boosts[field]) > 0
        ]
        if not clauses or limit < 1:
            return []
        found = self._searcher.search(tantivy.Query.boolean_query(clauses), limit, count=False)
        hits = [Hit(self._starts[place.segment_ord] + place.doc, float(score)) for score, place in found.hits]
        return sorted(hits, key=lambda hit: (-hit.score, hit.ordinal))

    def __len__(self) -> int:
        return int(self._searcher.num_docs)


class _Remembered(dict[str, str]):
    """The stems of words that were met; when there are too many, all are forgotten. A plain look-up costs least."""

    def __init__(self, stemmed: Callable[[str], str]) -> None:
        super().__init__()
        self._stemmed = stemmed

    def __missing__(self, word: str) -> str:
        if len(self) >= STEMS_KEPT:
            self.clear()
        stem = self[word] = self._stemmed(word)
        return stem


def _stemmed(analyser: tantivy.TextAnalyzer, word: str) -> str:
    (stem,) = analyser.analyze(word)
    return str(stem)


def _by_field(searcher: tantivy.Searcher, term: str) -> dict[str, int]:
    """In how many entries a term occurs in each field that holds it; each field costs a look into every segment."""
    counts = {field: int(searcher.doc_freq(field, term)) for field in FIELDS}
    return {field: count for field, count in counts.items() if count}


def _found_in(
    index: tantivy.Index, searcher: tantivy.Searcher, by_field: Callable[[str], dict[str, int]], term: str
) -> int:
    counts = by_field(term)
    if len(counts) < 2:  # nothing was ever deleted from a segment, so what it counts is there
        return sum(counts.values())
    clauses = [(tantivy.Occur.Should, tantivy.Query.term_query(index.schema, field, term, "freq")) for field in counts]
    found: Any = searcher.search(tantivy.Query.boolean_query(clauses), 1, count=True)
    return int(found.count)


class TantivyBackend:
    """Builds and opens Tantivy indexes of one writer thread, so that the order of entries is kept."""

    def __init__(self, *, heading_boost: float = 0.5) -> None:
        self._heading_boost = heading_boost
        self.terms = Terms()
        """The index terms of a text, see `Terms`."""

    def build(self, entries: Iterable[LexicalEntry], folder: Path) -> None:
        """Write an index over `entries` into the empty `folder`.

        It is made elsewhere: a thread of Tantivy's that watches it may put a lock beside it even after the end.
        """
        schema = tantivy.SchemaBuilder()
        for field in FIELDS:
            schema.add_text_field(field, stored=False, tokenizer_name=ANALYSER, index_option="freq")
        with tempfile.TemporaryDirectory(prefix="quoth-", ignore_cleanup_errors=True) as made:
            index = tantivy.Index(schema.build(), path=made)
            index.register_tokenizer(ANALYSER, _analyser(stem=True))
            writer = index.writer(heap_size=WRITER_MEMORY, num_threads=1)
            for entry in entries:
                document = tantivy.Document()
                for field, text in zip(FIELDS, entry, strict=True):
                    document.add_text(field, with_codes(text))
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
            del writer, index
            _copy_named_by_content(Path(made), folder)

    def open(self, folders: Sequence[Path]) -> TantivyLexicalIndex:
        """Open what `build` wrote, joined in this order; the caller has verified the checksums."""
        return TantivyLexicalIndex(folders, heading_boost=self._heading_boost)


def with_codes(text: str) -> str:
    """The copy of a text that is cut into words: composed letters, unspaced scripts in pairs, joined codes after it."""
    text = in_pairs(composed(text))
    joined = codes(text).values()
    return "\n".join((text, " ".join(joined))) if joined else text


def _blanked(text: str) -> str:
    """An ASCII text as the analyser cuts it: its words in lower case, blanks between them."""
    return text.encode("ascii").translate(_BLANKS).decode("ascii")


def _join(folders: Sequence[Path], view: Path) -> list[int]:
    """Link all segments of some indexes into a folder, as one index; returns the entries of each segment in order.

    Entries are numbered within a segment as they were added. Two indexes may hold the same segment, so in the view each
    is named by its place.
    """
    segments: list[dict[str, Any]] = []
    meta: dict[str, Any] = {}
    for folder in folders:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        for segment in meta["segments"]:
            old, new = segment["segment_id"].replace("-", ""), f"{len(segments):032x}"
            for file in folder.resolve().glob(f"{old}.*"):
                (view / (new + file.name.removeprefix(old))).symlink_to(file)
            segments.append({**segment, "segment_id": _uuid(new)})
    (view / "meta.json").write_text(json.dumps({**meta, "segments": segments}), encoding="utf-8")
    return [segment["max_doc"] for segment in segments]


def _copy_named_by_content(made: Path, folder: Path) -> None:
    """Copy what a reader needs, each segment named after the SHA-256 of its files."""
    meta = (made / "meta.json").read_text(encoding="utf-8")
    segments = [segment["segment_id"].replace("-", "") for segment in json.loads(meta)["segments"]]
    for position, old in enumerate(segments):
        files = {path.name.removeprefix(old): path.read_bytes() for path in sorted(made.glob(f"{old}.*"))}
        digest = hashlib.sha256(str(position).encode())
        for kind, data in files.items():
            digest.update(kind.encode() + b"\0")
            digest.update(hashlib.sha256(data).digest())
        new = digest.hexdigest()[:32]
        meta = meta.replace(_uuid(old), _uuid(new))
        for kind, data in files.items():
            (folder / (new + kind)).write_bytes(data)
    (folder / "meta.json").write_text(meta, encoding="utf-8")


def _uuid(digits: str) -> str:
    return re.sub(r"^(.{8})(.{4})(.{4})(.{4})(.{12})$", r"\1-\2-\3-\4-\5", digits)
