import { GantryError, z, type ToolContext } from "@gantry/sdk";

/** A record as the service has it. `note` is free text that nobody resolves: the place for a mark of our own. */
const Entry = z.object({ address: z.string(), note: z.string() });
export type Entry = z.infer<typeof Entry>;

/** What we leave in a note: whose the record is, and what was there before. */
const Mark = z.object({ step: z.string(), before: Entry.nullable() });
export type Mark = z.infer<typeof Mark>;

export class DnsRefusedError extends GantryError {
  readonly code = "dns_refused";
  override readonly fault = "operational";
  /** Tried again, and counted by the connection's circuit breaker, only when it may pass by itself. */
  override readonly retryable: boolean;
  constructor(name: string, status: number) {
    super(`The DNS service answered ${status} for ${name}. Look at its connection: gantry connection show dns`);
    this.retryable = status >= 500 || status === 429;
  }
}

/** The service that the connection `dns` leads to, with the token that it names. */
export async function openDns(ctx: ToolContext) {
  const { settings, secrets } = await ctx.connection("dns");
  const token = await ctx.secret(secrets["token"] ?? "");
  const call = async (name: string, method: string, entry?: Entry): Promise<Entry | null> => {
    const answer = await fetch(new URL(`/records/${name}`, settings["url"]), {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: ctx.signal,
      ...(entry === undefined ? {} : { body: JSON.stringify(entry) }),
    });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new DnsRefusedError(name, answer.status);
    return Entry.parse(await answer.json());
  };
  return {
    read: (name: string) => call(name, "GET"),
    write: (name: string, entry: Entry) => call(name, "PUT", entry),
    remove: (name: string) => call(name, "DELETE"),
  };
}

/** The mark in a note; null where it isn't ours. */
export function readMark(entry: Entry | null): Mark | null {
  try {
    return Mark.parse(JSON.parse(entry?.note ?? ""));
  } catch {
    return null;
  }
}
