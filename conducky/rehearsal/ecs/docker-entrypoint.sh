#!/bin/sh
# What the official Node images start with: `node` before what is an option, a script or no command.
# https://github.com/nodejs/docker-node/blob/main/docker-entrypoint.sh
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
  set -- node "$@"
fi
exec "$@"
