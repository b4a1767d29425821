import { z } from "zod";
import { ErrorData } from "../error-data.ts";

/** What an API key may be used for. A key has a list of them; each endpoint names the one that it needs. */
export const Scope = z.enum([
  /** See everything of the organization but values of secrets. */
  "read",
  /** Create runs and steer them: pause, resume, cancel, retry, undo, signal, settle. */
  "run",
  /** Approve and reject change sets, as far as the key's actor belongs to the groups that policy names. */
  "approve",
  /** Store and delete secrets. */
  "secrets",
  /** Publish runbooks and deprecate them. */
  "runbooks",
  /** Manage keys, actors, environments, the organization's kill switch and locks. */
  "admin",
  /** The kill switch of the whole installation. */
  "admin:everywhere",
]);
export type Scope = z.infer<typeof Scope>;

/** PostgreSQL's text holds neither NUL nor half of a surrogate pair, so names can't either. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** Text for people, of 1 to `maximum` UTF-16 units. */
export const Text = (maximum: number) =>
  z
    .string()
    .min(1)
    .max(maximum)
    .refine(isStorable, {
      error: "must not hold NUL or half of a surrogate pair",
      params: { code: "invalid_text" },
    });

/** A name that appears in addresses and policies. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be a lower-case letter, then letters, digits or -, 63 at most");
/** A name as tools declare it. */
export const ConnectionName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, "must be a letter, then letters, digits, . _ or -, 63 at most");
export const Uuid = z.uuid().meta({ description: "A UUID." });
/** ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime();
export const Reason = Text(1_000);

export const Who = z.object({ id: z.string(), name: z.string() });
export type Who = z.infer<typeof Who>;

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. Opaque: it is signed and belongs to this organization, list and filter. */
  cursor: z.string().max(2_000).optional(),
});

/** One page of a list. `next` is null on the last one. */
export const Page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** RFC 9457. `type` resolves to a page that says what happened and what to do. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional(),
  /** Stable: what programs look at. */
  code: z.string(),
  retryable: z.boolean(),
  requestId: z.string(),
  details: ErrorData.shape.details,
  /** What is wrong with the request, part by part. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

export const Empty = z.object({});
