import { startTestApi, type TestApi } from "../../support/api.ts";
import { bookkeeping, contentOf } from "../../support/contents.ts";
import { endpoints } from "../../support/requests.ts";
import { plantThings, type Tenant } from "../../support/things.ts";

/** Two organizations that have one of everything. */
export interface World extends AsyncDisposable {
  api: TestApi;
  theirs: Tenant;
  ours: Tenant;
}

/** Once for all of the matrix: making one of everything takes longer than trying it out. */
export async function makeWorld(): Promise<World> {
  const api = await startTestApi({ config: { verdictMs: 0, requestsPerMinute: 1_000_000 } });
  const worker = await api.engine.startWorker();
  const [theirs, ours] = await Promise.all([plantThings(api, "alpha"), plantThings(api, "beta")]);
  await worker.drain();
  await api.client.signing.keys();
  return { api, theirs, ours, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/** Every endpoint that needs a credential. */
export const guarded = endpoints.filter(({ scope }) => scope !== "public");

/** What the work changed of all that is stored, but for who asked when and that somebody was refused. */
export async function changedBy({ api }: World, work: () => Promise<void>): Promise<string[]> {
  const but = [...bookkeeping, "audit_records"];
  const before = await contentOf(api.engine.admin, { but });
  await work();
  const after = await contentOf(api.engine.admin, { but });
  return Object.keys(after).filter((table) => after[table] !== before[table]);
}
