"""An answer as plain text, as the terminal, chats and agents show it: its words, then every quotation with its place.

Nothing is added to the documents' words but numbers, places and what was left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from qa.text.words import counted
from qa.types import Answer, Citation, Reply, Span

NOT_HERE = "Not in these documents."


@dataclass(frozen=True, slots=True)
class Told:
    """A text, and where in it each quotation stands, in code points: `quotes[n].of(text) == citations[n].quote`.

    That holds where lines are not indented.
    """

    text: str
    quotes: tuple[Span, ...] = ()


def tell(reply: Reply, *, indent: str = "", url: Callable[[Citation], str] | None = None) -> Told:
    """A reply as text. Lines of a quotation and what is said of it are indented; `url` gives each its address."""
    if not isinstance(reply, Answer):
        return Told(f"{NOT_HERE} {reply.reason}")
    text, quotes = _words(reply), []
    for number, citation in enumerate(reply.citations, start=1):
        text += f"[{number}] “"
        quote = citation.quote.replace("\n", f"\n{indent}")
        quotes.append(Span(len(text), len(text) + len(quote)))
        more = reply.left_out if number == 1 else 0
        lines = [quote + "”", *_remarks(citation, more, indent), *([url(citation)] if url else [])]
        text += f"\n{indent}".join(lines) + "\n"
    return Told(text.removesuffix("\n"), tuple(quotes))


def _words(answer: Answer) -> str:
    """What stands above the quotations; nothing when the first one is the answer."""
    if answer.rival:
        other = answer.citations[1].words(answer.rival)
        return f"The documents give different figures: “{answer.text}” [1] and “{other}” [2].\n\n"
    return f"{answer.text}\n\n" if answer.text != answer.citations[0].quote else ""


def _remarks(citation: Citation, left_out: int, indent: str) -> list[str]:
    found = [f"… and {counted(left_out, 'more item')} in the document."] if left_out else []
    if citation.header:
        found.append(f"Columns: {citation.header.quote}".replace("\n", f"\n{indent}"))
    place = " › ".join((citation.title, *citation.headings))
    page = f", {citation.place}" if citation.place else f", page {citation.page}" if citation.page else ""
    found.append(f"{place}{page} — {citation.path}, characters {citation.span.start}–{citation.span.end}")
    return found
