import { SignJWT, jwtVerify } from "jose";

const ISSUER = "conducky-backend";
const AUDIENCE = "follow-up";
const LIFETIME_SECONDS = 90 * 24 * 60 * 60;

/** Makes and reads the tokens that let the holder of a follow-up link read one report. */
export function createFollowUpTokens(secret: string) {
  const key = new TextEncoder().encode(secret);
  return {
    /** A token for one report that expires 90 days after the report was filed. */
    sign(reportId: string, filedAt: Date): Promise<string> {
      const issued = Math.floor(filedAt.getTime() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(reportId)
        .setIssuedAt(issued)
        .setExpirationTime(issued + LIFETIME_SECONDS)
        .sign(key);
    },

    /** The report a token is for; null when it is forged, expired or made for something else. */
    async verify(token: string): Promise<string | null> {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["exp", "sub"],
        });
        return payload.sub ?? null;
      } catch {
        return null;
      }
    },
  };
}
