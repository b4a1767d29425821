import type { Queryable } from "../../store/organization.ts";
import type { Log } from "../../lib/log.ts";
import type { Credential } from "./caller.ts";

export interface UseNotes {
  /** Costs no query. */
  note(credential: Credential): void;
  close(): Promise<void>;
}

/** When keys and sessions were last used: gathered here and written together, at most once a minute. */
export function createUseNotes(deps: { pool: Queryable; everyMs: number; log: Log }): UseNotes {
  const used = { key: new Set<string>(), session: new Set<string>() };
  const write = async () => {
    const [keys, sessions] = [[...used.key], [...used.session]];
    if (keys.length + sessions.length === 0) return;
    used.key.clear();
    used.session.clear();
    await deps.pool
      .query("SELECT note_use($1, $2)", [keys, sessions])
      .catch((err: unknown) => deps.log.warn({ err }, "When keys and sessions were last used could not be written"));
  };
  const timer = setInterval(() => void write(), deps.everyMs).unref();
  return {
    note({ kind, id }) {
      if (kind !== "token") used[kind].add(id);
    },
    async close() {
      clearInterval(timer);
      await write();
    },
  };
}
