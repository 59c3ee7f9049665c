"""All settings in one frozen table, each with its default; `configuration.py` is where their values come from.

Unknown names fail, so that a misspelt setting never passes unnoticed. The table in README.md is checked against this
module by a test.
"""

import re
from ipaddress import ip_network
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Addresses that only this machine can reach."""


AtHome = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path in which `~` is the home folder."""
COLLECTION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Names of collections stand in addresses and names of folders, and do not differ by capitals only."""


class CollectionSettings(BaseModel):
    """A collection: a folder of documents with an index of its own and, if wanted, tokens that open this one alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: AtHome
    index: AtHome | None = None
    read_token: str = Field("", repr=False)
    write_token: str = Field("", repr=False)
    token_file: AtHome | None = None


class Settings(BaseModel):
    """Every setting with its default; the description of each is its row in the README."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    corpus: AtHome = Field(Path("corpus"), description="Folder of documents.")
    index: AtHome = Field(Path("index"), description="Folder of the built index.")
    collections: dict[str, CollectionSettings] = Field(
        {},
        description="Several corpora in one service: a table `[collections.NAME]` for each in the settings file, "
        "instead of `corpus` and `index`.",
    )
    follow: str = Field("", description="Depot (folder or URL) that `qa serve` answers from instead of building.")
    milvus: str = Field(
        "",
        description="Milvus that has the vectors and searches them instead of this machine: `http://HOST:19530`, or a "
        "file of Milvus Lite (`NAME.db`).",
    )
    milvus_token: str = Field("", repr=False, description="Token (or `USER:PASSWORD`) for Milvus.")
    host: str = Field("127.0.0.1", description="Address that `qa serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `qa serve` listens on; 0 picks a free one.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Web processes of `qa serve`; each has its models in memory, one follows the corpus.",
    )
    allowed_hosts: str = Field(
        "", description="Host names answered to besides the local ones and `host`, by commas; `*` for any."
    )
    allow_upload: Literal["local", "always", "never"] = Field(
        "local",
        description="Whether documents may be added and deleted through the service: `local` (while it listens to this "
        "machine only and `allowed_hosts` is empty, or tokens are set), `always` or `never`.",
    )
    read_token: str = Field("", repr=False, description="A token with which one may ask and read.")
    write_token: str = Field("", repr=False, description="A token with which one may change documents and index, too.")
    token_file: AtHome | None = Field(
        None, description="File with more tokens, one on each line: `read` or `write`, a space, the token."
    )
    insecure: bool = Field(
        default=False, description="Whether `qa serve` may listen beyond this machine without any token."
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies, by commas, that are believed who the client is "
        "(`X-Forwarded-For`, `X-Forwarded-Proto`).",
    )
    journal: bool = Field(
        default=False,
        description="Whether the questions that are asked are written down, to list those without an answer.",
    )
    requests_per_second: float = Field(
        50, ge=0, description="Requests that one client may send a second, and twice as many at once; 0 for any number."
    )
    at_once: int = Field(
        0,
        ge=0,
        description="Requests that a process works on at the same time; 0 for as many as it has processor cores.",
    )
    waiting: int = Field(16, ge=0, description="Requests that may wait for that, for 10 s at most; others get 503.")
    remembered_replies: int = Field(
        256, ge=0, description="Replies kept for who asks the same again, until the index changes; 0 for none."
    )
    receive_seconds: float = Field(
        10, gt=0, description="Time in which a request must have come; a large file has more, by its size."
    )
    encoder: str = Field(
        "packaged",
        min_length=1,
        description="Sentence encoder: `packaged` (all-MiniLM-L6-v2), `static` (fast), a model folder or cached name.",
    )
    reader: str = Field(
        "packaged",
        min_length=1,
        description="Reader: `packaged` (trained span reader), `sentence` (needs no model), or a question-answering "
        "model: its folder or cached name.",
    )
    passage_tokens: int = Field(192, ge=32, le=448, description="Most tokens in a passage.")
    passage_tokens_min: int = Field(128, ge=16, description="Tokens from which a passage may end at a paragraph.")
    overlap_tokens: int = Field(32, ge=0, description="Tokens that neighbouring passages share, in whole sentences.")
    child_tokens: int = Field(64, ge=16, description="Most tokens in a child span, whose vector is searched.")
    heading_boost: float = Field(0.5, ge=0, description="Weight of title and headings beside the text in BM25.")
    depth: int = Field(50, ge=1, le=1000, description="Passages that each retriever proposes.")
    top_k: int = Field(8, ge=1, le=50, description="Passages that are read and returned for a question.")
    answer_threshold: float = Field(
        0.2, ge=0, le=1, description="Least confidence for an answer; below it the reply is an abstention."
    )
    target_precision: float | None = Field(
        None,
        ge=0.5,
        le=0.95,
        description="Share of answers that should be right (0.5 to 0.95); if set, it picks the threshold instead.",
    )
    max_citations: int = Field(
        3, ge=1, le=10, description="Most quotations in one answer; a contradiction always shows two."
    )
    max_question_characters: int = Field(2000, ge=1, description="Longest question accepted.")
    max_document_megabytes: float = Field(50, gt=0, description="Files over this size are skipped.")
    parser_processes: int = Field(
        2, ge=1, le=64, description="Processes in which files are read, each under the limits below."
    )
    parser_memory_megabytes: int = Field(
        1024, ge=128, description="Most memory (address space) that reading a file may take."
    )
    parser_cpu_seconds: float = Field(60, ge=1, description="Longest time that reading a file may compute.")
    parser_seconds: float = Field(180, ge=1, description="Longest time that reading a file may take in all.")
    parser_open_files: int = Field(64, ge=16, description="Most files that a process that reads may hold open.")
    parser_files: int = Field(
        500, ge=1, description="Files that one process reads before it is replaced; 1 keeps all apart from one another."
    )
    keep_generations: int = Field(2, ge=1, description="Index generations kept after a build.")
    watch: bool = Field(default=True, description="Whether `qa serve` follows changes of the corpus by itself.")
    scan_seconds: float = Field(
        10, ge=0.05, description="Longest time between two looks at the corpus; most changes are noticed at once."
    )
    settle_seconds: float = Field(1, ge=0.05, description="A changed file is read when it has been at rest so long.")
    mass_delete_seconds: float = Field(
        30, ge=0, description="Over half of the documents, if four or more, must be gone so long before it is believed."
    )
    threads: int = Field(0, ge=0, description="Threads for encoding and reading; 0 leaves the number to the libraries.")
    log: Literal["text", "json", "off"] = Field("text", description="Form of the log on standard error.")

    def changes_allowed(self) -> bool:
        """Whether the service may change the corpus, as `allow_upload` says it; never where it does not build."""
        if self.follow or self.allow_upload != "local":
            return not self.follow and self.allow_upload == "always"
        return self.has_tokens() or self.is_local()

    def is_local(self) -> bool:
        """Whether only this machine can reach the service, as far as the settings tell."""
        return self.host in LOOPBACK and not self.allowed_hosts.strip()

    def has_tokens(self) -> bool:
        """Whether requests need a token."""
        tables: list[Settings | CollectionSettings] = [self, *self.collections.values()]
        return any(own.read_token or own.write_token or own.token_file for own in tables)

    def each(self) -> dict[str | None, "Settings"]:
        """The settings of every collection, by its name; without collections these, of the one that has no name.

        A collection that has no tokens of its own has those of the service.
        """
        if not self.collections:
            return {None: self}
        return {name: self._of(name, own) for name, own in self.collections.items()}

    def _of(self, name: str, own: CollectionSettings) -> "Settings":
        folders = {"corpus": own.corpus, "index": own.index or Settings.model_fields["index"].default / name}
        tokens = {field: getattr(own, field) for field in ("read_token", "write_token", "token_file")}
        return self.model_copy(update={**folders, **(tokens if any(tokens.values()) else {}), "collections": {}})

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, proxies: str) -> str:
        for name in filter(None, map(str.strip, proxies.split(","))):
            ip_network(name)  # raises ValueError, which names it
        return proxies

    @field_validator("milvus")
    @classmethod
    def _is_a_milvus(cls, uri: str) -> str:
        there = urlsplit(uri)
        if there.username or there.password:
            raise ValueError("give user and password as milvus_token, not in the address")
        if uri and not (there.scheme in {"http", "https"} and there.hostname) and not uri.endswith(".db"):
            raise ValueError(f"{uri!r} is neither an address with http:// or https:// nor the name of a file NAME.db")
        return str(Path(uri).expanduser()) if uri.endswith(".db") and "://" not in uri else uri

    @model_validator(mode="after")
    def _folders_differ(self) -> "Settings":
        if self.corpus.absolute() == self.index.absolute():
            raise ValueError("corpus and index are the same folder")
        return self

    @field_validator("collections")
    @classmethod
    def _are_names(cls, collections: dict[str, CollectionSettings]) -> dict[str, CollectionSettings]:
        for name in collections:
            if not COLLECTION_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a collection: up to 64 of a-z, 0-9, _ and -, no sign first")
        return collections

    @model_validator(mode="after")
    def _collections_are_apart(self) -> "Settings":
        folders = [
            (f"the {kind} of {name!r}", getattr(own, kind).resolve())
            for name, own in self.each().items()
            for kind in ("corpus", "index")
            if name is not None
        ]
        for (first, one), (second, other) in combinations(folders, 2):
            if one == other:
                raise ValueError(f"{first} and {second} are the same folder")
            if one.is_relative_to(other) or other.is_relative_to(one):
                inner, outer = (first, second) if one.is_relative_to(other) else (second, first)
                raise ValueError(f"{inner} lies inside {outer}")
        return self

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Settings":
        if self.passage_tokens_min > self.passage_tokens:
            raise ValueError("passage_tokens_min is over passage_tokens")
        if self.child_tokens > self.passage_tokens:
            raise ValueError("child_tokens is over passage_tokens")
        if self.overlap_tokens * 2 >= self.passage_tokens_min:
            raise ValueError("overlap_tokens is not under half of passage_tokens_min")
        return self
