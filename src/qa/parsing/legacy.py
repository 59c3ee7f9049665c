"""Which older encoding a text without a declaration is in: the one that makes it look like a language, or none.

charset-normalizer's only import. It judges how disorderly a decoded text is and how much its letters are those of a
language. Its best guess is taken only when no other encoding does as well with other letters; otherwise the file is
refused, since a wrong guess puts letters into a quotation that nobody wrote.
"""

import re
from importlib.metadata import version as package_version

CANDIDATES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "koi8_r",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
"""The encodings of text files that people still have: those of Windows, and the national ones beside them."""
MOST_DISORDER = 0.13
CLOSE_DISORDER, CLOSE_COHERENCE = 0.03, 0.06
"""Another encoding this near to the best one does as well."""
LEAST_LETTERS = 40
FEW = 0.03
"""With no more bytes beyond ASCII than this share, a text is in a Western language, if its letters fit one."""
SAMPLE = 100_000
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_LETTERS = "A-Za-zÀ-ÏÑ-ÖØ-Üß-ïñ-öø-üÿŒœŠšŽžŸ"
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŠšŽžŸ¡¿«“‘„‚‹’»”›…–—•·§°€£©®™½¼¾ªº²³µ±×\xa0"
)
"""Without ð, þ and ý, which are ğ, ş and ı in the Turkish encoding."""
_MISPLACED = re.compile(rf"(?<=[{_LETTERS}])[¡¿“‘„‚‹]|(?<![0-9m])[²³]|[\x00-\x08\x0e-\x1f\x7f]")
_SIGN_IN_WORD = re.compile(r"[^\W\d_][¹³¼½¾¬¤¦¨¯´¸¶¿¡£¥]")
_ALL_FOREIGN = re.compile(r"[À-ÖØ-öø-ÿŒœŠšŽžŸ]{3}")


def encoding_of(data: bytes) -> str:
    """Python's name of the encoding of a text that is not Unicode, or an empty string when that is not certain."""
    high = beyond_ascii(data)
    if len(data.translate(None, _NO_LETTERS)) < LEAST_LETTERS:
        return ""
    if high <= FEW * len(data):
        return "cp1252" if _is_western(data) else ""
    return _likeliest(data)


def beyond_ascii(data: bytes) -> int:
    """How many bytes are none of ASCII."""
    return len(data.translate(None, bytes(range(128))))


def version() -> str:
    """Name and version of the library, which decides what some files hold."""
    return f"charset-normalizer {package_version('charset-normalizer')}"


def _is_western(data: bytes) -> bool:
    """Whether a text in Windows-1252 has only letters and signs of Western languages, where these have them."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    fits = {character for character in text if not character.isascii()} <= _WESTERN
    return fits and not _MISPLACED.search(text) and not _ALL_FOREIGN.search(text)


def _likeliest(data: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = data[:SAMPLE]
    matches = [
        match
        for match in from_bytes(
            sample, cp_isolation=list(CANDIDATES), preemptive_behaviour=False, enable_fallback=False
        )
        if match.chaos <= MOST_DISORDER and _decodes(data, match.encoding)
    ]
    if not matches:
        return ""
    best = matches[0]
    close = [
        match
        for match in matches
        if match.chaos <= best.chaos + CLOSE_DISORDER and match.coherence >= best.coherence - CLOSE_COHERENCE
    ]
    if any(match.encoding == "cp1252" or "cp1252" in match.could_be_from_charset for match in close) and _is_western(
        data
    ):
        return "cp1252"
    texts = {data.decode(match.encoding) for match in close}
    return str(best.encoding) if len(texts) == 1 else ""


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether bytes fit an encoding and make words in it: no sign grows out of a letter."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not _SIGN_IN_WORD.search(text)
