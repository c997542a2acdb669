import { isIP } from "node:net";
import type { Request, RequestHandler } from "express";
import ipaddr from "ipaddr.js";
import type { Config } from "../config.js";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express's own way to add to a request
  namespace Express {
    interface Request {
      /** The client's IP address, as the outermost trusted proxy saw it. */
      address: string;
    }
  }
}

/** An IP address in its shortest form, from what proxies write: quoted, in brackets, with a port. */
function parseAddress(written: string): string | undefined {
  const bare = written
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .replace(/^\[([^\]]*)\](:\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare.replace(/%.*$/, "")).toString();
}

/**
 * Sets `request.address`. Each trusted proxy has added the address it was called from at the end of the header, so the
 * client's is that many entries from the end; what stands before it may be forged. `Forwarded` is read as RFC 7239
 * has it (API Gateway's HTTP APIs send it), any other header as X-Forwarded-For (a load balancer's).
 */
export const setClientAddress =
  ({ TRUSTED_PROXIES, CLIENT_ADDRESS_HEADER }: Config): RequestHandler =>
  (request, _response, next) => {
    const socket = parseAddress(request.socket.remoteAddress ?? "") ?? "unknown";
    const entries = (request.get(CLIENT_ADDRESS_HEADER) ?? "").split(",").map((entry) => entry.trim());
    const trusted = TRUSTED_PROXIES === 0 ? undefined : (entries.at(-TRUSTED_PROXIES) ?? entries[0]);
    const isForwarded = CLIENT_ADDRESS_HEADER.toLowerCase() === "forwarded";
    const written = isForwarded ? /(?:^|;)\s*for=([^;]+)/i.exec(trusted ?? "")?.[1] : trusted;
    request.address = parseAddress(written ?? "") ?? socket;
    next();
  };

/** What limits count by: an IPv4 address, or the /64 network of an IPv6 address, of which each customer has one. */
export function networkOf({ address }: Request): string {
  if (isIP(address) !== 6) return address;
  const { parts } = ipaddr.IPv6.parse(address);
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
