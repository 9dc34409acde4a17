#!/bin/sh
# Hands a secret that is mounted as a file to the one setting that takes it, then becomes the program.
set -eu
if [ -n "${SIREN_LLM_API_KEY_FILE:-}" ] && [ -s "$SIREN_LLM_API_KEY_FILE" ]; then
    SIREN_LLM_API_KEY=$(cat "$SIREN_LLM_API_KEY_FILE")
    export SIREN_LLM_API_KEY
fi
exec "$@"
