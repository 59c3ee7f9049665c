"""Settings: which source wins, what is refused, and that the README's table says the truth."""

import re
from pathlib import Path

import pytest

from qa.configuration import load_settings
from qa.errors import ConfigError
from qa.settings import Settings

DEFAULTS = Settings.model_validate({})
README = Path(__file__).resolve().parents[1] / "README.md"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)


def test_without_any_source_the_defaults_hold() -> None:
    assert load_settings(environment={}) == DEFAULTS


def test_a_file_is_under_variables_and_these_are_under_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text('top_k = 3\nport = 3000\ncorpus = "from-file"\n')
    environment = {"QA_PORT": "4000", "QA_CORPUS": "from-variable", "HOME": "/"}

    settings = load_settings({"corpus": Path("from-line"), "index": None}, environment=environment, config=file)

    assert (settings.top_k, settings.port, settings.corpus) == (3, 4000, Path("from-line"))
    assert settings.index == DEFAULTS.index


def test_the_file_is_found_by_name_variable_or_argument(tmp_path: Path) -> None:
    for name, number in (("quoth.toml", 2), ("variable.toml", 3), ("argument.toml", 4)):
        (tmp_path / name).write_text(f"top_k = {number}\n")
    variable = {"QA_CONFIG": str(tmp_path / "variable.toml")}

    assert load_settings(environment={}).top_k == 2
    assert load_settings(environment=variable).top_k == 3
    assert load_settings(environment=variable, config=tmp_path / "argument.toml").top_k == 4


@pytest.mark.parametrize("name", ["QA_TOPK", "QA_", "QA_TOP_K_"])
def test_an_unknown_variable_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}\\b"):
        load_settings(environment={name: "1"})


def test_an_unknown_name_in_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "quoth.toml").write_text("[server]\nport = 1\n")
    with pytest.raises(ConfigError, match="'server'"):
        load_settings(environment={})


IMPOSSIBLE = {
    "port": ["-1", "65536", "http", "80.5"],
    "passage_tokens": ["0", "100000"],
    "heading_boost": ["-1", "nan", "inf"],
    "depth": ["0"],
    "top_k": ["0", "51"],
    "answer_threshold": ["-0.01", "1.01", "nan"],
    "target_precision": ["0.49", "0.96", "nan", "high"],
    "max_citations": ["0"],
    "max_question_characters": ["0"],
    "max_document_megabytes": ["0", "-1", "nan", "inf"],
    "keep_generations": ["0"],
    "threads": ["-1"],
    "log": ["loud", ""],
    "encoder": [""],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in IMPOSSIBLE.items() for value in values])
def test_an_impossible_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        load_settings(environment={f"QA_{name.upper()}": value})
    assert "README" in caught.value.remedy


@pytest.mark.parametrize(
    "environment",
    [
        {"QA_PASSAGE_TOKENS": "100"},
        {"QA_CHILD_TOKENS": "193"},
        {"QA_OVERLAP_TOKENS": "64"},
    ],
)
def test_sizes_that_do_not_fit_together_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"is over|is not under"):
        load_settings(environment=environment)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        load_settings(environment={"QA_CONFIG": "gone.toml"})
    (tmp_path / "bad.toml").write_bytes(b"top_k = \xff")
    with pytest.raises(ConfigError, match=r"bad\.toml"):
        load_settings(environment={}, config=tmp_path / "bad.toml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        DEFAULTS.port = 1  # type: ignore[misc]  # that it cannot be done is what is tested


def rows() -> list[tuple[str, str, str, str]]:
    """The rows of the README's table of settings."""
    pattern = re.compile(r"^\| `(\w+)` \| `(QA_\w+)` \| `([^`]*)` \| (.*) \|$", re.M)
    return [match.groups() for match in pattern.finditer(README.read_text(encoding="utf-8"))]  # type: ignore[misc]  # four groups


def test_the_readme_lists_every_setting_in_order() -> None:
    assert [row[0] for row in rows()] == list(Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_is_right_about(name: str) -> None:
    field = Settings.model_fields[name]
    (row,) = [row for row in rows() if row[0] == name]

    default = "" if field.default is None else str(field.default)
    assert row == (name, f"QA_{name.upper()}", default, field.description)


def test_collections_are_tables_with_folders_and_tokens_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "quoth.toml").write_text(
        'top_k = 3\nread_token = "of all"\n[collections.a]\ncorpus = "x"\nread_token = "of a"\n'
        '[collections.b]\ncorpus = "y"\nindex = "z"\n'
    )
    settings = load_settings(environment={})
    each = settings.each()

    assert [(name, own.corpus, own.index, own.read_token) for name, own in each.items()] == [
        ("a", Path("x"), Path("index/a"), "of a"),
        ("b", Path("y"), Path("z"), "of all"),
    ]
    assert {own.top_k for own in each.values()} == {3}
    assert Settings.model_validate(settings.model_dump(mode="json")) == settings
    assert DEFAULTS.each() == {None: DEFAULTS}


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"a": {"corpus": "x"}, "b": {"corpus": "./x"}}, "the same folder"),
        ({"a": {"corpus": "x", "index": "x/i"}}, "the index of 'a' lies inside the corpus of 'a'"),
        ({"a": {"corpus": "x"}, "b": {"corpus": "x/y"}}, "the corpus of 'b' lies inside the corpus of 'a'"),
        ({"a": {"corpus": "x", "index": "i"}, "b": {"corpus": "y", "index": "i"}}, "the same folder"),
        ({"A b": {"corpus": "x"}}, "no name of a collection"),
        ({"../a": {"corpus": "x"}}, "no name of a collection"),
        ({"a": {}}, r"collections\.a\.corpus"),
        ({"a": {"corpus": "x", "top_k": 3}}, r"collections\.a\.top_k"),
    ],
)
def test_collections_that_cannot_be_are_told(tables: dict[str, dict[str, str]], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_settings({"collections": tables}, environment={})


def test_folders_beside_collections_are_refused() -> None:
    with pytest.raises(ConfigError, match="corpus beside them"):
        load_settings({"collections": {"a": {"corpus": "x"}}}, environment={"QA_CORPUS": "y"})
