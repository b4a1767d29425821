import { z } from "zod";
import { Json } from "../json.ts";
import { Name } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What one actor keeps for themselves in the organization, by name: saved searches, what they skipped, how they like it shown. */
export const Preferences = z.object({ preferences: z.record(z.string(), Json) });
export type Preferences = z.infer<typeof Preferences>;

/** Preferences that one actor may keep, and bytes of JSON that one may take. */
export const preferenceLimits = { count: 50, bytes: 16_384 } as const;

export const preferences = {
  preferences: endpoint({
    id: "me.preferences",
    method: "GET",
    path: "/me/preferences",
    summary: "What the caller keeps for themselves in this organization.",
    scope: "read",
    resource: { kind: "self" },
    answer: Preferences,
  }),
  setPreference: endpoint({
    id: "me.setPreference",
    method: "PUT",
    path: "/me/preferences/:name",
    summary: "Keep a small JSON value for oneself; `null` forgets it.",
    scope: "read",
    resource: { kind: "self" },
    params: z.object({ name: Name }),
    body: z.object({ value: Json }).strict(),
    answer: Preferences,
  }),
} as const;
