#!/bin/sh
# A secret is a file; it becomes the variable of its name, for this process alone.
set -eu
for file in "${SECRETS:-/run/secrets}"/*; do
  if [ -f "$file" ]; then
    export "$(basename "$file")=$(cat "$file")"
  fi
done
exec "$@"
