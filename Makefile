# One command each: `make serve` answers on http://127.0.0.1:8000, `make test` runs every test.
# Both make .venv and install the pinned packages first, when something about them has changed.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Everything but torch is installed by hash; torch's build differs by machine, so only its version is fixed.
TORCH := torch==2.13.0
LOCK := $(BIN)/python -m piptools compile --quiet --generate-hashes --no-header --no-annotate --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --allow-unsafe --unsafe-package torch
WITHOUT_TORCH := sed -i -e '/considered to be unsafe/d' -e '/^torch==/,/^ *--hash[^\\]*$$/d'

.PHONY: help setup serve index test torture check format lock clean

help:  ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile | expand -t 16

setup: .venv/.installed  ## Make .venv and install Quoth with its pinned dependencies.

serve: setup  ## Build the index if it is missing or out of date, then serve http://127.0.0.1:8000.
	@$(BIN)/qa serve

index: setup  ## Build the index if it is missing or out of date.
	@$(BIN)/qa index

test: .venv/.tested .venv/.browser  ## Run every test.
	$(BIN)/python -m pytest

torture: .venv/.tested  ## Run the long sizes of the tests under faults (hours); reports go to benchmarks/.
	PYTHONPATH=tests $(BIN)/python -m torture

check: .venv/.tested  ## Check format, lint and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/.tested  ## Format and mend what can be mended.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Quoth needs Python 3.11 or newer; name one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.installed: .venv/.python requirements.lock pyproject.toml
	@echo "Installing the pinned packages (once; a few minutes) ..."
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install $(TORCH)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.tested: .venv/.installed requirements-dev.lock
	@echo "Installing the test tools ..."
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

# The tests of the pages drive Debian's Chromium. It is installed where that is allowed; without it they are skipped.
.venv/.browser: .venv/.tested
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Chromium for the tests of the pages ..." && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		echo "No Chromium and no right to install it: the tests of the pages will be skipped." >&2
	@touch $@

lock: .venv/.tested  ## Pin the newest versions that pyproject.toml allows.
	@$(PIP) install pip-tools
	$(LOCK) --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(LOCK) --build-deps-for editable --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	$(WITHOUT_TORCH) requirements.lock requirements-dev.lock

clean:  ## Remove .venv and the built index.
	rm -rf .venv index/CURRENT index/.lock index/generations index/evaluation.json index/stamps.json index/embedded.part index/damaged
