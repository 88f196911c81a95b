#!/usr/bin/env sh
# Fails when requirements.lock is not what scripts/lock.sh makes of the projects' dependencies. The current lock seeds
# the resolution, so a newer release on the index is no drift.
set -eu
cd "$(dirname "$0")/.."
UV=${UV:-uv}
export UV
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
cp requirements.lock "$fresh"
LOCK="$fresh" sh scripts/lock.sh >/dev/null
if ! diff -u requirements.lock "$fresh" | grep '^[+-][a-z]'; then
  exit 0
fi
echo "requirements.lock does not fit the projects' dependencies: run \`make lock\`." >&2
exit 1
