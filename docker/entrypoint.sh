#!/bin/sh
# Hands secrets that are mounted as files to the settings that take them, then becomes the program. An empty file where a
# secret would be mounted is no secret.
set -eu
if [ -n "${SIREN_LLM_API_KEY_FILE:-}" ] && [ ! -s "$SIREN_LLM_API_KEY_FILE" ]; then
    unset SIREN_LLM_API_KEY_FILE
fi
if [ -n "${SIREN_STATE_URL_FILE:-}" ] && [ -s "$SIREN_STATE_URL_FILE" ]; then
    SIREN_STATE_URL=$(cat "$SIREN_STATE_URL_FILE")
    export SIREN_STATE_URL
fi
exec "$@"
