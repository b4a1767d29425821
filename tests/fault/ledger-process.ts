/**
 * The judge's eyes: a process outside Gantry that the tools of the tests report each effect to. It writes what it sees to
 * a file, synced before it answers, and looks into the database for the announcement of each effect as it comes.
 * `node ledger-process.ts <file> <superuser's database URL>` prints `{"url": …}`.
 */
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { LedgerAnswer, LedgerEntry, LedgerRequest } from "./ledger-entry.ts";

const [, , file = "", databaseUrl = ""] = process.argv;
const out = await open(file, "a");
const db = new pg.Pool({ connectionString: databaseUrl, max: 8, connectionTimeoutMillis: 2_000 });
db.on("error", () => {});

const entries: LedgerEntry[] = [];
const byStep = new Map<string, LedgerEntry[]>();
const appliedKeys = new Set<string>();
/** Inspections that were told "not done": the fence up to which, and the attempts that, must not apply any more. */
const closed = new Map<string, number>();
const sections = new Map<string, { step: string; attempt: string }>();

let waiting: { line: string; resolve(): void }[] = [];
let writing = false;
/** Entries that come together are synced together. */
async function persist(entry: LedgerEntry): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push({ line: `${JSON.stringify(entry)}\n`, resolve });
  if (writing) return promise;
  writing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await out.appendFile(batch.map(({ line }) => line).join(""));
    await out.datasync();
    for (const one of batch) one.resolve();
  }
  writing = false;
  return promise;
}

async function note(
  kind: LedgerEntry["kind"],
  request: LedgerRequest,
  rest: Partial<LedgerEntry> = {},
): Promise<LedgerEntry> {
  const { run, step, operation, attempt, key, fence, section } = request;
  const nothing = { announced: null, approved: null, overlaps: null };
  const what = { run, step, operation, attempt, key, fence, section };
  const entry: LedgerEntry = { n: entries.length + 1, at: Date.now(), kind, ...what, ...nothing, ...rest };
  entries.push(entry);
  const place = `${run}/${step}`;
  byStep.set(place, [...(byStep.get(place) ?? []), entry]);
  await persist(entry);
  return entry;
}

/** While the database is being restarted it can't be asked; then the journal is asked at the end instead. */
async function announcement({ run, attempt }: LedgerRequest): Promise<Pick<LedgerEntry, "announced" | "approved">> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      const { rows } = await db.query<{ named: boolean; approved: boolean | null }>(
        `SELECT e.data ->> 'changeSet' IS NOT NULL AS named, c.status = 'approved' AS approved
         FROM events e LEFT JOIN change_sets c ON c.run_id = e.run_id AND c.hash = e.data ->> 'changeSet'
         WHERE e.run_id = $1 AND e.type = 'attempt.started' AND e.data ->> 'attemptId' = $2`,
        [run, attempt],
      );
      const [found] = rows;
      return { announced: found !== undefined, approved: found?.named ? found.approved === true : null };
    } catch {
      await delay(250);
    }
  }
  return { announced: null, approved: null };
}

const isApplied = ({ run, step, operation }: LedgerRequest): boolean =>
  (byStep.get(`${run}/${step}`) ?? []).some((entry) => entry.kind === "applied" && entry.operation === operation);

async function effect(request: LedgerRequest): Promise<LedgerAnswer> {
  const seen = await announcement(request);
  if (request.dedup && appliedKeys.has(request.key)) {
    await note("repeated", request, seen);
    return { kind: "repeated", done: true };
  }
  const fence = closed.get(`${request.run}/${request.step}/${request.operation}`);
  if (fence !== undefined && request.fence < fence) {
    await note("refused", request, seen);
    return { kind: "refused", done: false };
  }
  appliedKeys.add(request.key);
  await note("applied", request, seen);
  return { kind: "applied", done: true };
}

/** Told that it didn't happen, whoever asks may rely on it: an older owner's late effect is refused from now on. */
async function inspect(request: LedgerRequest): Promise<LedgerAnswer> {
  const done = isApplied(request);
  const place = `${request.run}/${request.step}/${request.operation}`;
  if (!done) closed.set(place, Math.max(request.fence, closed.get(place) ?? 0));
  if (request.section !== null && sections.get(request.section)?.step === `${request.run}/${request.step}`)
    sections.delete(request.section);
  await note("inspected", request);
  return { kind: "inspected", done };
}

async function enter(request: LedgerRequest): Promise<LedgerAnswer> {
  const fence = closed.get(`${request.run}/${request.step}/${request.operation}`);
  if (fence !== undefined && request.fence < fence) {
    await note("refused", request);
    return { kind: "refused", done: false };
  }
  const section = request.section ?? "";
  const inside = sections.get(section);
  const mine = `${request.run}/${request.step}`;
  sections.set(section, { step: mine, attempt: request.attempt });
  await note("entered", request, { overlaps: inside === undefined || inside.step === mine ? null : inside.step });
  return { kind: "entered", done: true };
}

async function leave(request: LedgerRequest): Promise<LedgerAnswer> {
  const section = request.section ?? "";
  if (sections.get(section)?.attempt === request.attempt) sections.delete(section);
  await note("left", request);
  return { kind: "left", done: true };
}

const routes: Record<string, (request: LedgerRequest) => Promise<LedgerAnswer>> = {
  "/effect": effect,
  "/inspect": inspect,
  "/enter": enter,
  "/leave": leave,
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  const route = routes[request.url ?? ""];
  if (route) return response.end(JSON.stringify(await route(JSON.parse(body) as LedgerRequest)));
  if (request.url === "/entries") {
    const wanted = new Set(JSON.parse(body) as string[]);
    return response.end(JSON.stringify(entries.filter((entry) => wanted.has(entry.run))));
  }
  return response.writeHead(404).end();
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
// Ends with whoever started it.
process.stdin.resume().on("end", () => process.exit(0));
