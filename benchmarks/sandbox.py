"""What the sandbox costs: 200 small files parsed in this process and in child processes, in turns, in one run.

Prints seconds of each turn and the ratio of the medians, the start of the children included. Run:
`PYTHONPATH=tests python -m benchmarks.sandbox`
"""

import statistics
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from docx_maker import docx, p
from pdf_maker import Page, pdf
from qa.parsing.registry import ParserRegistry
from qa.settings import Settings
from qa.wiring import make_parsers, make_sandbox
from strategies import source

FILES, TURNS = 200, 7
SENTENCE = "The keeper of the tower writes every passing ship into a ledger. "


def small_files() -> dict[str, bytes]:
    """Files of one to two pages each, in five formats."""
    paragraphs = [SENTENCE * 4 + f"Number {n}." for n in range(12)]
    page = Page().lines(72, 740, [SENTENCE] * 45)
    kinds = {
        ".txt": "\n\n".join(paragraphs).encode(),
        ".md": b"# Ledger\n\n" + "\n\n".join(paragraphs).encode(),
        ".html": ("<h1>Ledger</h1>" + "".join(f"<p>{words}</p>" for words in paragraphs)).encode(),
        ".docx": docx("".join(map(p, paragraphs))),
        ".pdf": pdf(page),
    }
    suffixes = list(kinds)
    return {f"{n}{suffixes[n % 5]}": kinds[suffixes[n % 5]] for n in range(FILES)}


def seconds(parsers: ParserRegistry, files: Mapping[str, bytes], threads: int = 1) -> float:
    """The time to parse all files."""
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda file: parsers.for_path(file[0]).parse(source(file[0]), file[1]), files.items()):
            pass
    return time.perf_counter() - began


def main() -> int:
    """Measure, in turns."""
    files, settings = small_files(), Settings()
    taken: dict[str, list[float]] = {"in process": [], "sandbox": [], "sandbox, 2 threads": []}
    seconds(make_parsers(), files)  # libraries are loaded
    for _ in range(TURNS):
        taken["in process"].append(seconds(make_parsers(), files))
        for name, threads in (("sandbox", 1), ("sandbox, 2 threads", 2)):
            sandbox = make_sandbox(settings)
            taken[name].append(seconds(make_parsers(sandbox), files, threads))
            sandbox.close()
    plain = statistics.median(taken["in process"])
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name}: {middle:.3f} s (ratio {middle / plain:.2f}; {', '.join(f'{t:.3f}' for t in times)})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
