import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { OpenApproval } from "../../api/approvals.ts";
import { Timestamp, Uuid } from "../../api/common.ts";
import { ChangeSetView } from "../../api/runs.ts";
import { safeLine } from "../../safe-text.ts";
import { approvalAddress, type McpDeps } from "../deps.ts";
import { tool } from "./tool.ts";

const Waiting = OpenApproval.pick({
  run: true,
  project: true,
  environment: true,
  goal: true,
  requester: true,
  createdAt: true,
  expiresAt: true,
  needed: true,
  mine: true,
}).extend({ hash: z.string(), effect: z.string(), risk: z.string(), address: z.string() });

const Position = z.object({
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().max(2_000).optional().describe("`next` of the page before."),
});

const Open = z.object({ approvals: z.array(Waiting), next: z.string().nullable() });

const Run = z.object({ run: Uuid });

const Asked = z.object({
  run: Uuid,
  hash: z.string(),
  status: ChangeSetView.shape.status,
  expiresAt: Timestamp.nullable(),
  needed: z.array(z.object({ group: z.string(), count: z.int(), left: z.int() })),
  /** What the person at the client said to being led there; null: the client can't ask, so tell them the address. */
  answer: z.enum(["accept", "decline", "cancel"]).nullable(),
  address: z.string(),
});

/** What waits for people, and how they are led there. Deciding isn't among the tools: a model holds the credential, not a person. */
export function approvalTools(server: McpServer, deps: McpDeps): void {
  const { client } = deps;

  tool(server, {
    name: "approval_list",
    title: "List approvals",
    description:
      "Change sets that wait for approval, oldest first, page by page, each with the page where people decide on it.",
    effect: "reads",
    input: Position,
    output: Open,
    run: async (query) => {
      const { items, next } = await client.approvals.list(query);
      const approvals = items.map(({ changeSet, ...one }) => ({
        ...one,
        effect: changeSet.effect,
        risk: changeSet.risk.level,
        address: approvalAddress(deps, one.run, one.hash),
      }));
      return { approvals, next };
    },
  });

  tool(server, {
    name: "approval_ask",
    title: "Ask a person to decide",
    description:
      "Lead the person at this client to the page where they approve or reject the change set that a run waits with. They decide there, signed in, " +
      "with a second factor where the environment wants one; nothing that is answered here decides. Says how it stands.",
    effect: "reads",
    input: Run,
    output: Asked,
    run: async ({ run }, { mcpReq }) => {
      const approval = await client.runs.approval(run);
      const { hash, status } = approval;
      const url = approvalAddress(deps, run, hash);
      // Of that change set: another one is asked for anew.
      const question = `decide-${hash.slice(-16)}`;
      const given = inputResponse(mcpReq.inputResponses, question);
      const canAsk = canOpenPages(server, mcpReq.envelope);
      if (status === "open" && canAsk && given.kind !== "elicit") {
        const { goal, environment } = await client.runs.get(run);
        const message = `Decide in the browser on the change set of run ${run} in ${environment}: ${safeLine(goal).slice(0, 200)}`;
        return inputRequired({ inputRequests: { [question]: inputRequired.elicitUrl({ message, url }) } });
      }
      return { ...approval, answer: given.kind === "elicit" ? given.action : null, address: url };
    },
  });
}

/** Whether the client can lead its person to an address. It says so with each request or, before 2026-07-28, once per connection. */
function canOpenPages(server: McpServer, envelope: ServerContext["mcpReq"]["envelope"]): boolean {
  const said = (envelope as Record<string, ClientCapabilities> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  const capabilities =
    said ??
    // oxlint-disable-next-line typescript/no-deprecated -- the only place where those revisions have it
    server.server.getClientCapabilities();
  return capabilities?.elicitation?.url !== undefined;
}
