"""Where settings come from: a TOML file, then `QA_*` variables, then the command line; the later wins."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qa.errors import ConfigError
from qa.settings import Settings

ENVIRONMENT_PREFIX = "QA_"
CONFIG_VARIABLE = "QA_CONFIG"
DEFAULT_CONFIG = Path("quoth.toml")


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """Settings from all sources, the later winning: TOML file, `QA_*` variables, `overrides` (None values ignored).

    The file is `config`, else the one that `QA_CONFIG` names, else `quoth.toml` in the working folder if it is there.
    Raises ConfigError for an unknown name or an impossible value, naming it.
    """
    environment = os.environ if environment is None else environment
    values = _from_file(config, environment)
    for name, value in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX) and name != CONFIG_VARIABLE:
            values[name.removeprefix(ENVIRONMENT_PREFIX).lower()] = value
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    return make_settings(values)


def make_settings(values: Mapping[str, Any]) -> Settings:
    """Settings of these values, and defaults for the rest; raises ConfigError for what is unknown or impossible."""
    beside = [name for name in ("corpus", "index") if name in values]
    if values.get("collections") and beside:
        raise ConfigError(
            f"There are collections, and {' and '.join(beside)} beside them.",
            remedy="Name the folders in the table of each collection, or choose one with --collection.",
        )
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _named(error) from None


def _from_file(config: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    path = config or (Path(environment[CONFIG_VARIABLE]) if CONFIG_VARIABLE in environment else None)
    if path is None:
        if not DEFAULT_CONFIG.is_file():
            return {}
        path = DEFAULT_CONFIG
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The settings file {path} cannot be read: {error.strerror}.", remedy="Check its name and permissions."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}.", remedy="Mend that line.") from None


def _named(error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        variable = "" if len(first["loc"]) > 1 else f" (as a variable: {ENVIRONMENT_PREFIX}{name.upper()})"
        return ConfigError(
            f"There is no setting {name!r}{variable}.",
            remedy="See the settings table in README.md for the names.",
        )
    what = f"Setting {name!r}" if name else "The settings"
    return ConfigError(f"{what}: {first['msg']}.", remedy="See the settings table in README.md for what is allowed.")
