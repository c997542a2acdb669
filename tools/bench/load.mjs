// Asks one address as fast as it answers, by autocannon. Reads a JSON object on standard input:
//   url, method, body?, connections, seconds, cookies (each connection takes its share of them, in turn)
// and prints one: perSecond, p50 and p99 (ms), answered, notOk (answers that were not 2xx), failed (no answer).
import { text } from "node:stream/consumers";
import autocannon from "autocannon";

const { url, method, body, connections, seconds, cookies } = JSON.parse(await text(process.stdin));
const request = (cookie) => ({
  method,
  headers: { ...(cookie && { cookie }), ...(body && { "content-type": "application/json" }) },
  ...(body && { body: JSON.stringify(body) }),
});

let connection = 0;
const result = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: [request(cookies[0])],
  setupClient(client) {
    const share = cookies.filter((_, index) => index % connections === connection);
    connection += 1;
    if (share.length > 0) client.setRequests(share.map(request));
  },
});
console.log(
  JSON.stringify({
    perSecond: result["2xx"] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    answered: result.requests.total,
    notOk: result.non2xx,
    failed: result.errors + result.timeouts,
  }),
);
