import { z } from "zod";
import { Page, Reason, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** A key that this installation signs with, or signed with: its public half. */
export const SigningKeyView = z.object({
  kid: z.string(),
  /** Base64url, of an Ed25519 key. */
  x: z.string(),
  createdAt: Timestamp,
  /** Until then it is published, and what is signed with it now is believed; null while it is the one that signs. */
  retiresAt: Timestamp.nullable(),
});
export type SigningKeyView = z.infer<typeof SigningKeyView>;

export const signing = {
  keys: endpoint({
    id: "signing.keys",
    method: "GET",
    path: "/signing-keys",
    summary:
      "All keys that the installation ever signed with, oldest first. Those of now are at /.well-known/jwks.json too.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(SigningKeyView),
  }),
  /** Also needs the scope `admin:everywhere`. */
  rotate: endpoint({
    id: "signing.rotate",
    method: "POST",
    path: "/signing-keys/rotate",
    summary: "Sign with a new key from now on. The one before is believed for some hours more.",
    scope: "admin",
    body: z.object({ reason: Reason, overlapHours: z.int().min(1).max(720).default(24) }),
    answer: Page(SigningKeyView),
  }),
} as const;
