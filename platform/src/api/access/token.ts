import { z } from "zod";
import type { Signer } from "../../signing/index.ts";

/** What a short-lived token says. It is as good as its parent, which is looked up whenever it is shown. */
export interface TokenClaims {
  id: string;
  org: string;
  actor: string;
  scopes: string[];
  parent: { kind: "key" | "session"; id: string };
}

/** Programs that check it themselves must ask for this, besides the issuer. */
export const tokenAudience = "gantry";
/** Told apart from every other thing that these keys sign. */
const tokenType = "gantry-access+jwt";

export async function issueToken(
  { signer, now, issuer }: { signer: Pick<Signer, "sign" | "keys">; now(): number; issuer: string },
  claims: TokenClaims,
  seconds: number,
): Promise<{ token: string; expiresAt: number }> {
  const issuedAt = Math.floor(now() / 1_000);
  const payload = {
    iss: issuer,
    aud: tokenAudience,
    sub: claims.actor,
    org: claims.org,
    scope: claims.scopes.join(" "),
    parent: claims.parent,
    iat: issuedAt,
    exp: issuedAt + seconds,
    jti: claims.id,
  };
  // The key's name stands in what is signed; one that was made meanwhile signs the second time.
  for (let tries = 0; tries < 3; tries += 1) {
    const kid = (await signer.keys()).at(-1)?.kid ?? (await signer.sign(Buffer.alloc(0))).kid;
    const content = `${encode({ alg: "EdDSA", kid, typ: tokenType })}.${encode(payload)}`;
    const signed = await signer.sign(Buffer.from(content));
    if (signed.kid === kid) return { token: `${content}.${signed.signature}`, expiresAt: payload.exp * 1_000 };
  }
  throw new Error("The signing key changed three times while one token was made.");
}

const Payload = z.object({
  jti: z.uuid(),
  sub: z.uuid(),
  org: z.uuid(),
  scope: z.string(),
  parent: z.object({ kind: z.enum(["key", "session"]), id: z.uuid() }),
});

/** Null for whatever isn't a token of ours that still holds. Only EdDSA with one of our keys is looked at. */
export async function readToken(
  { signer, now, issuer }: { signer: Pick<Signer, "keys">; now(): number; issuer: string },
  token: string,
): Promise<TokenClaims | null> {
  // Loaded with the first token: who uses keys only is spared it.
  const { decodeProtectedHeader, errors, jwtVerify } = await import("jose");
  try {
    const { kid } = decodeProtectedHeader(token);
    const found = (await signer.keys()).find((one) => one.kid === kid);
    if (found === undefined || (found.retiresAt !== null && found.retiresAt.getTime() <= now())) return null;
    const { payload } = await jwtVerify(token, found.key, {
      algorithms: ["EdDSA"],
      typ: tokenType,
      issuer,
      audience: tokenAudience,
      currentDate: new Date(now()),
      requiredClaims: ["exp", "iat", "jti", "sub"],
    });
    const { jti, sub, org, scope, parent } = Payload.parse(payload);
    return { id: jti, org, actor: sub, scopes: scope.split(" "), parent };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof z.ZodError || error instanceof TypeError) return null;
    throw error;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
