#!/bin/sh
# Checks the environment, applies pending migrations, then becomes the given command; a failed migration starts nothing.
#
# Tasks that start together take turns by Prisma's advisory lock, for which Prisma waits 10 s (error P1002) however long
# the migration of another task takes. So that is tried again for as long as ECS leaves a new task alone.
#
# With MIGRATE_ON_START=no it only becomes the command: `conducky run` works also where a migration has failed.
set -eu
[ "${MIGRATE_ON_START:-yes}" != no ] || exec "$@"
node dist/check-environment.js
limit=${MIGRATION_WAIT_SECONDS:-300}
output=$(mktemp -d)
started=$(date +%s)

migrate() {
  { npx --no-install prisma migrate deploy 2>&1 || echo failed >"$output/failed"; } | tee "$output/log"
  [ ! -e "$output/failed" ]
}

until migrate; do
  rm "$output/failed"
  grep -q P1002 "$output/log" || exit 1
  [ $(($(date +%s) - started)) -lt "$limit" ] || exit 1
  echo "Another task is migrating the database: trying again"
  sleep 1
done
rm -r "$output"
exec "$@"
