import { SignJWT, errors, jwtVerify } from "jose";
import type { Invitation } from "./generated/prisma/client.js";
import { Problem } from "./problem.js";

const ISSUER = "conducky-backend";
const AUDIENCE = "invitation";

/** What somebody gets who comes with an invitation that was genuine once. */
export const goneInvitation = () => new Problem(410, "This invitation has expired, was used already or was taken back.");

/** Makes and reads the signed tokens in invitation links. */
export function createInvitationTokens(secret: string) {
  const key = new TextEncoder().encode(secret);
  return {
    sign: ({ id, createdAt, expiresAt }: Invitation): Promise<string> =>
      new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(id)
        .setIssuedAt(createdAt)
        .setExpirationTime(expiresAt)
        .sign(key),

    /** The id of the invitation. Throws a 401 for a token that was never made here, and a 410 for an expired one. */
    async verify(token: string): Promise<string> {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["exp", "sub"],
        });
        return payload.sub ?? "";
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw goneInvitation();
        throw new Problem(401, "This invitation is not genuine. Please open the link exactly as it was given to you.");
      }
    },
  };
}
