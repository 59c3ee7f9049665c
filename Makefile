# One command each: `make serve` answers on http://127.0.0.1:8000, `make test` runs every test.
# Both make .venv and install the pinned packages first, when something about them has changed.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Everything but torch is installed by hash; torch's build differs by machine, so only its version is fixed.
TORCH := torch==2.13.0
LOCK := $(BIN)/python -m piptools compile --quiet --generate-hashes --no-header --no-annotate --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --allow-unsafe --unsafe-package torch
# What only sentence-transformers and torch need: the set-up without them leaves it out.
LIGHT := .venv-light
CLIENT := .venv-client
LEFT_OUT := cloudpickle filelock fsspec hf-xet httpcore2 httpx2 huggingface-hub joblib mpmath narwhals networkx \
	opentelemetry-api pygments pyyaml regex rich safetensors scikit-learn scipy sentence-transformers setuptools \
	shellingham sympy threadpoolctl transformers truststore typer
# ... but for those that KEPT names: `make KEPT=fsspec .venv-light/.installed` can reach depots.
KEPT ?=
LIGHT_LOCK = awk -v names="$(filter-out $(KEPT),$(LEFT_OUT))" 'BEGIN { split(names, list); for (i in list) out[list[i]] } \
	/^[a-z]/ { split($$1, part, "=="); kept = !(part[1] in out) } kept' requirements.lock
WITHOUT_TORCH := sed -i -e '/considered to be unsafe/d' -e '/^torch==/,/^ *--hash[^\\]*$$/d'

.PHONY: help setup serve serve-light index test test-extras test-light torture contract client bench audit sbom image-size \
	light-lock check format lock clean

help:  ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile | expand -t 20

setup: .venv/.installed  ## Make .venv and install Quoth with its pinned dependencies.

serve: setup  ## Build the index if it is missing or out of date, then serve http://127.0.0.1:8000.
	@$(BIN)/qa serve

serve-light: $(LIGHT)/.installed  ## Serve without torch, from .venv-light: the packaged encoder, and readers in ONNX.
	@$(LIGHT)/bin/qa serve

index: setup  ## Build the index if it is missing or out of date.
	@$(BIN)/qa index

test: .venv/.tested .venv/.browser  ## Run every test.
	$(BIN)/python -m pytest

test-extras: .venv/.extras test  ## The same, with what the extras need (Ray): without it those tests are skipped.

test-light: $(LIGHT)/.installed  ## Index and answer in .venv-light, to see that torch is not needed.
	! $(LIGHT)/bin/python -c 'import torch' 2> /dev/null
	$(LIGHT)/bin/qa index --index $(LIGHT)/index --force
	$(LIGHT)/bin/qa ask --index $(LIGHT)/index "Which countries has India held 2+2 meetings with?" | grep Japan
	QA_ENCODER=docs $(LIGHT)/bin/qa index --index $(LIGHT)/other 2>&1 | grep 'torch is not installed'

torture: .venv/.tested  ## Run the long sizes of the tests under faults (hours); reports go to benchmarks/.
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest --quiet
	PYTHONPATH=tests $(BIN)/python -m torture

contract: .venv/.tested  ## Show what differs from docs/openapi.json, and keep the API's description unless it breaks clients.
	PYTHONPATH=tests $(BIN)/python -m api_contract

client: .venv/.tested  ## Make a Python client from docs/openapi.json, and ask a running service through it (needs the network).
	$(PYTHON) -m venv $(CLIENT)
	$(CLIENT)/bin/python -m pip --disable-pip-version-check --quiet install 'openapi-python-client>=0.29,<0.30'
	PATH="$(CURDIR)/$(CLIENT)/bin:$$PATH" $(CLIENT)/bin/openapi-python-client generate --path docs/openapi.json \
		--output-path $(CLIENT)/quoth_client --meta none --overwrite
	$(CLIENT)/bin/python tests/generated_client.py $(CURDIR)/$(BIN)/qa $(CLIENT)

bench: .venv/.tested  ## Measure starting, searching and answering by the size of the index; into .bench (half an hour).
	$(BIN)/python -m benchmarks.speed .bench --work .bench $(BENCH)

audit: .venv/.tested  ## Compare the pinned packages with the known advisories (needs the network).
	$(PIP) install 'pip-audit>=2.10,<3'
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

sbom: .venv/.tested  ## Write the list of the pinned packages, in the CycloneDX format, to sbom.json (needs the network).
	$(PIP) install 'cyclonedx-bom>=7.5,<8'
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON \
		--output-file sbom.json

image-size: $(LIGHT)/.installed  ## Count what the container image will hold, without an engine; fails over its limit.
	@$(LIGHT)/bin/python deploy/image_size.py $(LIGHT)

light-lock:
	@$(LIGHT_LOCK)

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

$(LIGHT)/.installed: requirements.lock pyproject.toml
	@echo "Making $(LIGHT) ..."
	@$(PYTHON) -m venv $(LIGHT)
	@$(LIGHT_LOCK) > $(LIGHT)/requirements.lock
	@$(LIGHT)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps \
		-r $(LIGHT)/requirements.lock
	@$(LIGHT)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.tested: .venv/.installed requirements-dev.lock
	@echo "Installing the test tools ..."
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

.venv/.extras: .venv/.tested requirements-extras.lock
	@echo "Installing what the extras need ..."
	@$(PIP) install --require-hashes --no-deps -r requirements-extras.lock
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
	$(LOCK) --extra ray --constraint requirements-dev.lock --output-file requirements-extras.lock pyproject.toml
	$(WITHOUT_TORCH) requirements.lock requirements-dev.lock requirements-extras.lock

clean:  ## Remove .venv and the built index; what users said of replies (index/journal.sqlite) stays.
	rm -rf .venv $(LIGHT)
	find index -mindepth 1 -maxdepth 1 ! -name .gitkeep ! -name 'journal.sqlite*' -exec rm -rf {} +
