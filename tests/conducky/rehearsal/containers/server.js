// Shows what its container has, and asks Postgres for TLS as a client would.
const fs = require("node:fs"), http = require("node:http"), net = require("node:net"), tls = require("node:tls");

const memory = () => {
  for (const file of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    if (fs.existsSync(file)) return Number(fs.readFileSync(file, "utf8"));
  }
  return null;
};

const database = (answer) => {
  const { hostname, port, host } = new URL(process.env.DATABASE_URL);
  const socket = net.connect({ host: hostname, port: Number(port) }, () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])));
  socket.once("data", () => {
    const secure = tls.connect({ socket, servername: hostname }, () => {
      answer.end(JSON.stringify({ host, authorized: secure.authorized }));
      secure.destroy();
    });
    secure.on("error", (error) => answer.end(JSON.stringify({ error: error.message })));
  });
  socket.on("error", (error) => answer.end(JSON.stringify({ error: error.message })));
};

const server = http.createServer((request, answer) => {
  if (request.url === "/database") return database(answer);
  answer.end(JSON.stringify({ environment: process.env, uid: process.getuid(), gid: process.getgid(), memory: memory() }));
});

process.on("SIGTERM", () => {
  console.log("got SIGTERM");
  if (process.env.IGNORE !== "SIGTERM") process.exit(0);
});
server.listen(Number(process.env.PORT));
