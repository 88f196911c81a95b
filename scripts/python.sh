#!/usr/bin/env sh
# Prints the path of a Python that Palaver runs on. Candidates are run, not only looked up: a shim may exist and fail.
# PYTHON=/some/python is tried alone.
set -u
accepts='import sys; sys.exit(sys.version_info < (3, 11))'
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
  if "$candidate" -c "$accepts" >/dev/null 2>&1; then
    exec "$candidate" -c 'import sys; print(sys.executable)'
  fi
done
echo "Palaver needs Python 3.11 or newer; none of these runs: ${PYTHON:-python3.13 python3.12 python3.11 python3 python}" >&2
exit 1
