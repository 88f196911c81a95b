#!/usr/bin/env sh
# Writes requirements.lock: every third-party package of every member, pinned with hashes, for all platforms.
# No index host is recorded, so the lock also serves machines that install from a mirror (docs/adr/0003-lock-file.md).
set -eu
cd "$(dirname "$0")/.."
: "${UV:=uv}"
members=$(ls -d libs/*/ services/*/ tools/*/)
for member in $members; do
  set -- "$@" --no-emit-package "palaver-$(basename "$member")" "${member}pyproject.toml"
done
exec "$UV" pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
  --group dev "$@" -o "${LOCK:-requirements.lock}"
