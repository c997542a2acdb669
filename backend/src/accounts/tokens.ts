import { createHmac, randomBytes } from "node:crypto";
import { SignJWT, errors, jwtVerify } from "jose";

const ISSUER = "conducky-backend";

/** What a token is for: one for one thing is worth nothing for another. */
type Audience = "invitation" | "password" | "device";

/** What a link carries: 128 random bits. */
const LINK_TOKEN = /^[\w-]{22}$/;

/** Creates and reads tokens. Those in links are worth as much as the row that they lead to. */
export function createTokens(secret: string) {
  const key = new TextEncoder().encode(secret);
  return {
    /** For a link: short, as people see and copy it. */
    draw: (): string => randomBytes(16).toString("base64url"),

    /**
     * What the database keeps of a link's token; null for anything that is none. With the key, so that nobody who
     * writes to the database alone can make a link, and another JWT_SECRET ends the open ones.
     */
    hash: (audience: Audience, token: string): string | null =>
      LINK_TOKEN.test(token) ? createHmac("sha256", key).update(`${audience} ${token}`).digest("base64url") : null,

    sign: (audience: Audience, subject: string, expiresAt: Date): Promise<string> =>
      new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(ISSUER)
        .setAudience(audience)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(key),

    /** The token's subject; "expired" for a genuine one whose time is over, null for anything else. */
    async verify(audience: Audience, token: string): Promise<{ subject: string } | "expired" | null> {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          issuer: ISSUER,
          audience,
          requiredClaims: ["exp", "sub"],
        });
        return { subject: payload.sub ?? "" };
      } catch (error) {
        return error instanceof errors.JWTExpired ? "expired" : null;
      }
    },
  };
}
