import { SignJWT, errors, jwtVerify } from "jose";

const ISSUER = "conducky-backend";

/** What a token is for: one for one thing is worth nothing for another. */
type Audience = "invitation" | "password" | "device";

/** Creates and reads signed tokens. Those in links are worth as much as the row that they name. */
export function createTokens(secret: string) {
  const key = new TextEncoder().encode(secret);
  return {
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
