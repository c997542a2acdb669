import express from "express";

const { JWT_SIGNING_KEY, LOG_LEVEL = "info", WEB_ORIGIN } = process.env;
const app = express();

app.get("/healthz", (_request, response) => response.json({ ok: true }));
app.get("/v1/settings", (_request, response) =>
  response.json({ origin: WEB_ORIGIN, level: LOG_LEVEL, signed: Boolean(JWT_SIGNING_KEY), user: process.getuid() }),
);

const server = app.listen(process.env.PORT ?? 8080, "0.0.0.0");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
