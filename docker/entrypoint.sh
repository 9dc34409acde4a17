#!/bin/sh
# Hands secrets that are mounted as files to the settings that take them, then becomes the program.
set -eu
if [ -n "${SIREN_LLM_API_KEY_FILE:-}" ] && [ -s "$SIREN_LLM_API_KEY_FILE" ]; then
    SIREN_LLM_API_KEY=$(cat "$SIREN_LLM_API_KEY_FILE")
    export SIREN_LLM_API_KEY
fi
if [ -n "${SIREN_STATE_URL_FILE:-}" ] && [ -s "$SIREN_STATE_URL_FILE" ]; then
    SIREN_STATE_URL=$(cat "$SIREN_STATE_URL_FILE")
    export SIREN_STATE_URL
fi
exec "$@"
