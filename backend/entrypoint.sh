#!/bin/sh
# Checks the environment, applies pending migrations, then becomes the given command. Prisma's advisory
# lock makes tasks that start together wait for each other; a failed migration starts nothing.
set -eu
node dist/check-environment.js
npx --no-install prisma migrate deploy
exec "$@"
