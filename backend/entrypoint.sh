#!/bin/sh
# Applies pending migrations, then becomes the given command. Prisma's advisory lock
# makes tasks that start together wait for each other; a failed migration starts nothing.
set -eu
npx --no-install prisma migrate deploy
exec "$@"
