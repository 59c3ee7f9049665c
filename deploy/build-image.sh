#!/bin/sh
# Builds the image `quoth` (or the name given), and fails when it is larger than it should be.
# With podman: ENGINE=podman deploy/build-image.sh
set -eu
ENGINE=${ENGINE:-docker}
NAME=${1:-quoth}
MOST_MEGABYTES=${MOST_MEGABYTES:-800}

cd "$(dirname "$0")/.."
"$ENGINE" build --file deploy/Dockerfile --tag "$NAME" .
megabytes=$(($("$ENGINE" image inspect --format '{{.Size}}' "$NAME") / 1000000))
echo "$NAME has $megabytes MB; $MOST_MEGABYTES MB are allowed."
[ "$megabytes" -le "$MOST_MEGABYTES" ]
