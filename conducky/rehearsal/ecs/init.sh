#!/bin/sh
# In the place of tini, dumb-init and the like: the command that follows their own options.
case "$1" in
-*)
  for word; do
    if [ "$word" = -- ]; then
      while [ "$1" != -- ]; do shift; done
      break
    fi
  done
  while [ "${1#-}" != "$1" ]; do
    [ "$1" = -- ] && shift && break
    shift
  done
  ;;
esac
exec "$@"
