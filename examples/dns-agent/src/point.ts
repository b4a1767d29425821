import { defineTool, z, type ToolContext } from "@gantry/sdk";
import { openDns, readMark } from "./dns.ts";

const Input = z.object({
  name: z
    .string()
    .regex(/^([a-z0-9-]{1,63}\.)+[a-z]{2,63}$/, "must be a host name such as www.example.com")
    .describe("Host name"),
  address: z.ipv4().describe("IPv4 address that it shall lead to"),
});
const Output = z.object({ before: z.string().nullable(), changed: z.boolean() });

/** Points a host name at an address. */
export const point = defineTool({
  name: "dns.point",
  version: "1.0.0",
  title: "Point a name at an address",
  effect: "changes",
  idempotent: true,
  timeoutMs: 30_000,
  connections: ["dns"],
  worstCase: { requests: 2 },
  input: Input,
  output: Output,

  preview: async ({ name, address }, ctx) => {
    const entry = await (await openDns(ctx)).read(name);
    const there = entry?.address === address;
    return {
      summary: there ? `${name} leads to ${address} already.` : `${name} will lead to ${address}.`,
      effect: there ? "reads" : "changes",
      counts: { add: entry ? 0 : 1, change: entry && !there ? 1 : 0, destroy: 0 },
      touches: [name],
      diff: there ? "" : [...(entry ? [`- ${name} A ${entry.address}`] : []), `+ ${name} A ${address}`].join("\n"),
      undo: {
        possible: true,
        how: entry ? `It leads to ${entry.address} again.` : "The name is removed.",
        limits: ["Resolvers keep an answer as long as its TTL says."],
      },
    };
  },

  run: async ({ name, address }, ctx) => {
    ctx.signal.throwIfAborted();
    const dns = await openDns(ctx);
    ctx.use({ requests: 1 });
    const before = await dns.read(name);
    const mark = readMark(before);
    // An earlier attempt of this very step did it.
    if (mark?.step === idOf(ctx)) return { before: mark.before?.address ?? null, changed: true };
    if (before?.address === address) return { before: address, changed: false };
    ctx.use({ requests: 1 });
    await dns.write(name, { address, note: JSON.stringify({ step: idOf(ctx), before }) });
    ctx.log("Pointed the name.", { name, address });
    return { before: before?.address ?? null, changed: true };
  },

  inspect: async ({ name, address }, ctx) => {
    const entry = await (await openDns(ctx)).read(name);
    const mark = readMark(entry);
    if (mark?.step === idOf(ctx))
      return { status: "done", output: { before: mark.before?.address ?? null, changed: true } };
    if (entry?.address === address) return { status: "done", output: { before: address, changed: false } };
    if (ctx.orphans === "gone") return { status: "not_done" };
    return { status: "unknown", detail: "The lost worker may still write it." };
  },

  verify: async ({ name, address }, _output, ctx) => {
    const { settings } = await ctx.connection("dns");
    // As everybody sees it: without the token.
    const answer = await fetch(new URL(`/resolve/${name}`, settings["url"]), { signal: ctx.signal });
    const actual = answer.ok ? (await answer.text()).trim() : `status ${answer.status}`;
    return { probes: [{ name: `${name} resolves`, expected: address, actual, passed: actual === address }] };
  },

  undo: async ({ name }, output, ctx) => {
    const dns = await openDns(ctx);
    const mark = readMark(await dns.read(name));
    // Not done, or changed by somebody else since: theirs stays, and an approver is told.
    if (mark?.step !== idOf(ctx))
      return { summary: `Left ${name} alone.`, left: output?.changed ? [`${name}: changed since by others`] : [] };
    if (mark.before) await dns.write(name, mark.before);
    else await dns.remove(name);
    return { summary: `${name} leads to ${mark.before?.address ?? "nothing"} again.` };
  },
});

/** The same for every attempt and operation of a step. */
function idOf({ runId, stepKey }: ToolContext): string {
  return `${runId}/${stepKey}`;
}
