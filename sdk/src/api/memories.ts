import { z } from "zod";
import { Actor } from "../events.ts";
import { Name, Page, Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What a memory says: how something is, what came of doing something, how people here want it. */
export const MemoryKind = z.enum(["fact", "lesson", "preference"]);
export type MemoryKind = z.infer<typeof MemoryKind>;

/** Characters of one memory: a sentence or two, not a report. */
export const memoryLength = 500;

export const MemoryView = z.object({
  id: Uuid,
  project: z.string(),
  /** Null: of the whole project. */
  environment: z.string().nullable(),
  kind: MemoryKind,
  text: z.string(),
  /** Null: a person noted it. */
  agent: z.string().nullable(),
  run: z.string().nullable(),
  step: z.string().nullable(),
  /** What an agent says that it is from. */
  source: z.string().nullable(),
  /** Where it is from that nobody vouches for. */
  tainted: z.array(z.string()),
  /** True: prompts state it. Nobody vouches for the others; agents may look them up, as text from outside. */
  vouched: z.boolean(),
  /** Who vouches for it; it then doesn't age. */
  pinnedBy: Actor.nullable(),
  pinnedAt: Timestamp.nullable(),
  /** Who noted it; of an agent, who asked for its run. */
  actor: Actor,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type MemoryView = z.infer<typeof MemoryView>;

const params = z.object({ memory: Uuid });
const resource = { kind: "memory", param: "memory" } as const;

export const memories = {
  add: endpoint({
    id: "memories.add",
    method: "POST",
    path: "/memories",
    summary: "Note something for agents that think in a project or an environment. You vouch for it.",
    scope: "runbooks",
    resource: { kind: "place", in: "body" },
    body: z.object({
      project: Name.default("default"),
      environment: Name.optional(),
      kind: MemoryKind.default("fact"),
      text: Text(memoryLength),
    }),
    audit: { details: ["kind"] },
    answer: MemoryView,
    status: 201,
  }),
  list: endpoint({
    id: "memories.list",
    method: "GET",
    path: "/memories",
    summary: "What is noted for agents, pinned first, then the newest; of a place what agents there get.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({ project: Name.optional(), environment: Name.optional(), search: Text(200).optional() }),
    answer: Page(MemoryView),
  }),
  get: endpoint({
    id: "memories.get",
    method: "GET",
    path: "/memories/:memory",
    summary: "A note with where it is from.",
    scope: "read",
    resource,
    params,
    answer: MemoryView,
  }),
  pin: endpoint({
    id: "memories.pin",
    method: "PUT",
    path: "/memories/:memory/pin",
    summary: "Vouch for a note: agents are told it as a fact, and it doesn't age; or take that back.",
    scope: "runbooks",
    resource,
    params,
    body: z.object({ pinned: z.boolean().default(true) }),
    audit: { details: ["pinned"] },
    answer: MemoryView,
  }),
  forget: endpoint({
    id: "memories.forget",
    method: "DELETE",
    path: "/memories/:memory",
    summary: "Remove a note for good.",
    scope: "runbooks",
    resource,
    params,
    status: 204,
  }),
} as const;
