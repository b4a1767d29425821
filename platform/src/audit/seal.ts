import { createHash } from "node:crypto";
import { canonicalJson } from "@gantry/sdk";
import type { OpenSeal, SealRow } from "../store/records/audit-seals.ts";

/** What is signed, to the letter: everything that a seal says. Its hash is the seal's, and stands in the next one. */
export function sealText(seal: OpenSeal & Pick<SealRow, "kid" | "sealedAt">): Buffer {
  const { org, n, from, to, count, digest, prev, kid, sealedAt } = seal;
  const said = {
    gantry: "audit-seal",
    version: 1,
    org,
    n,
    from,
    to,
    count,
    digest,
    prev,
    kid,
    sealedAt: sealedAt.getTime(),
  };
  return Buffer.from(canonicalJson(said));
}

export function sealHash(text: Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}
