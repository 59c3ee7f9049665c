#!/bin/sh
# Gathers every package that Quoth needs, without torch, into a folder for a machine without a network.
# Run it on a machine of the same platform and Python version; see docs/operations.md.
set -eu
FOLDER=${1:-wheelhouse}
PYTHON=${PYTHON:-python3}

cd "$(dirname "$0")/.."
mkdir -p "$FOLDER"
make --silent light-lock > "$FOLDER/requirements.lock"
"$PYTHON" -m pip download --require-hashes --no-deps --dest "$FOLDER" --requirement "$FOLDER/requirements.lock"
"$PYTHON" -m pip wheel --no-deps --wheel-dir "$FOLDER" .
echo "On the other machine: python3 -m venv quoth"
echo "  quoth/bin/pip install --no-index --find-links $FOLDER --require-hashes --no-deps -r $FOLDER/requirements.lock"
echo "  quoth/bin/pip install --no-index --no-deps $FOLDER/quoth-*.whl"
