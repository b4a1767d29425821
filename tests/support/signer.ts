import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { DecisionSigner } from "../../platform/src/engine/index.ts";

/** Signs with a key that all processes of a test know; the real one is of the installation's database. */
export function createTestSigner(): DecisionSigner {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 7)]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const kid = "test";
  return {
    current: async () => ({
      kid,
      sign: (bytes) => ({ kid, signature: sign(null, bytes, key).toString("base64url") }),
    }),
    verify: async (of, bytes, signature) =>
      of === kid && verify(null, bytes, createPublicKey(key), Buffer.from(signature, "base64url")),
  };
}
