"""Words asked in Milvus instead of here, and whether the same passages are found.

    python -m benchmarks.milvus_words URI --corpus FOLDER --index FOLDER --questions FILE [--first 100]

URI is a file of Milvus Lite (its servers have BM25 from 2.5 on). The passages of the index are put there twice: as
texts (title, headings and body in one field, as its BM25 takes one), cut and weighed by Milvus with its English
analyser; and as sparse vectors of Quoth's own terms, a number for each term in each field, weighed as the word index
here weighs them, so that the product of question and passage is the score here. Each question is asked in both and here
for its fifty best passages. Printed is how often they are the same, and what a search takes (ms, median and least).
"""

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import tantivy
from pymilvus import DataType, Function, FunctionType, MilvusClient

from qa.index.lexical import FIELDS, TantivyLexicalIndex
from qa.ports import LexicalEntry
from qa.settings import Settings
from qa.wiring import make_encoder, make_engine

TOP, BATCH, LONGEST = 50, 500, 65_535
BOOSTS = dict(zip(FIELDS, (0.5, 0.5, 1.0), strict=True))
"""Of the settings (`heading_boost`)."""
ANALYSER = {"tokenizer": "standard", "filter": ["lowercase", {"type": "stemmer", "language": "english"}]}
Ask = Callable[[str], list[int]]


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uri")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--first", type=int, default=100)
    options = parser.parse_args()
    settings = Settings.model_validate({"corpus": options.corpus, "index": options.index, "log": "off"})
    snapshot: Any = make_engine(settings, make_encoder(settings)).snapshot()
    asked = json.loads(options.questions.read_text(encoding="utf-8"))[: options.first]
    lexical: TantivyLexicalIndex = snapshot.lexical
    passages = snapshot.passages(range(len(lexical)))
    entries = [LexicalEntry(one.title, " / ".join(one.chunk.headings), one.text) for one in passages]
    client = MilvusClient(options.uri)
    here = [hit_ordinals(lexical, question) for question in asked]
    taken = timed(lambda question: hit_ordinals(lexical, question), asked)
    print(f"{len(lexical):,} passages, {len(asked)} questions; here {taken}")
    compare("its BM25", texts(client, ["\n".join(entry) for entry in entries]), asked, here)
    compare("our terms as sparse vectors", sparse(client, lexical, entries), asked, here)


def compare(name: str, ask: Ask, asked: list[str], here: list[list[int]]) -> None:
    """Print how far the fifty best agree."""
    found = [ask(question) for question in asked]
    pairs = list(zip(found, here, strict=True))
    shared = statistics.mean(len({*a} & {*b}) / max(1, len(b)) for a, b in pairs)
    print(
        f"{name}: the same {TOP} in order for {sum(a == b for a, b in pairs)}, the same as a set for "
        f"{sum({*a} == {*b} for a, b in pairs)}, the same first for {sum(a[:1] == b[:1] for a, b in pairs)}; "
        f"{shared:.3f} of them shared; {timed(ask, asked)}"
    )


def hit_ordinals(lexical: TantivyLexicalIndex, question: str) -> list[int]:
    """The best passages here."""
    return [hit.ordinal for hit in lexical.search(question, TOP)]


def texts(client: MilvusClient, passages: list[str]) -> Ask:
    """A collection whose texts Milvus cuts and weighs."""
    schema = client.create_schema()
    schema.add_field("ordinal", DataType.INT64, is_primary=True)
    schema.add_field("text", DataType.VARCHAR, max_length=LONGEST, enable_analyzer=True, analyzer_params=ANALYSER)
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(name="bm25", input_field_names=["text"], output_field_names=["words"], function_type=FunctionType.BM25)
    )
    fill(client, "texts", schema, "BM25", ({"ordinal": n, "text": text} for n, text in enumerate(passages)))
    return lambda question: best(client, "texts", question, "BM25")


def sparse(client: MilvusClient, lexical: TantivyLexicalIndex, entries: list[LexicalEntry]) -> Ask:
    """A collection of weights that the word index here tells: of each term in each field of each passage."""
    schema = client.create_schema()
    schema.add_field("ordinal", DataType.INT64, is_primary=True)
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    rows: list[dict[int, float]] = [{} for _ in entries]
    numbers: dict[tuple[str, str], int] = {}
    terms = {term for entry in entries for text in entry for term in lexical.terms(text)}
    index, searcher, starts = lexical._index, lexical._searcher, lexical._starts  # noqa: SLF001  # nothing else tells what a term weighs
    for term in sorted(terms):
        for name in FIELDS:
            query = tantivy.Query.term_query(index.schema, name, term, "freq")
            for score, place in searcher.search(query, len(rows), count=False).hits:
                number = numbers.setdefault((name, term), len(numbers))
                rows[starts[place.segment_ord] + place.doc][number] = float(score)
    fill(client, "sparse", schema, "IP", ({"ordinal": n, "words": row} for n, row in enumerate(rows) if row))

    def ask(question: str) -> list[int]:
        counted = Counter(lexical.terms(question))
        vector = {
            number: BOOSTS[name] * count
            for term, count in counted.items()
            for name in FIELDS
            if (number := numbers.get((name, term))) is not None
        }
        return best(client, "sparse", vector, "IP") if vector else []

    return ask


def fill(client: MilvusClient, name: str, schema: Any, metric: str, rows: Iterable[dict[str, Any]]) -> None:
    """Make a collection anew and load it."""
    began = time.perf_counter()
    client.drop_collection(name)
    index = client.prepare_index_params()
    index.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type=metric)
    client.create_collection(name, schema=schema, index_params=index)
    some = list(rows)
    for start in range(0, len(some), BATCH):
        client.insert(name, some[start : start + BATCH])
    client.load_collection(name)
    print(f"{name}: filled in {time.perf_counter() - began:.1f} s")


def best(client: MilvusClient, name: str, data: Any, metric: str) -> list[int]:
    """The best passages there, equal ones by their place as here."""
    found = client.search(name, [data], anns_field="words", limit=TOP, search_params={"metric_type": metric})[0]
    scored = [(round(abs(float(one["distance"])), 4), int(one["ordinal"])) for one in found]
    return [ordinal for _, ordinal in sorted(scored, key=lambda pair: (-pair[0], pair[1]))]


def timed(ask: Callable[[str], object], asked: list[str]) -> str:
    """What a search takes."""
    spent = []
    for question in asked:
        began = time.perf_counter()
        ask(question)
        spent.append((time.perf_counter() - began) * 1e3)
    return f"{statistics.median(spent):.1f} ms ({min(spent):.1f})"


if __name__ == "__main__":
    main()
