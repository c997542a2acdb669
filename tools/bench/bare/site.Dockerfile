# What every page of Next.js costs at least: one static page. The context is frontend/, for the same versions.
FROM node:24-bookworm-slim AS build
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1 NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
RUN mkdir app \
 && echo 'import { createElement as h } from "react"; export default (p) => h("html", null, h("body", null, p.children));' \
      > app/layout.jsx \
 && echo 'import { createElement as h } from "react"; export default () => h("h1", null, "Hello");' > app/page.jsx \
 && echo 'export default { output: "standalone", turbopack: { root: import.meta.dirname } };' > next.config.mjs \
 && npx --no-install next build

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 PORT=3000 HOSTNAME=0.0.0.0 KEEP_ALIVE_TIMEOUT=65000
COPY --from=build /app/.next/standalone ./
COPY --from=build /app/.next/static ./.next/static
USER 1000:1000
EXPOSE 3000
CMD ["node", "server.js"]
