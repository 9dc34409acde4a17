#!/bin/sh
# An empty file where a secret would be mounted is no secret; then the program starts.
set -eu
if [ -n "${SIREN_LLM_API_KEY_FILE:-}" ] && [ ! -s "$SIREN_LLM_API_KEY_FILE" ]; then
    unset SIREN_LLM_API_KEY_FILE
fi
exec "$@"
