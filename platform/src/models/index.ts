// Asking models of whichever provider an organization connected: which one, what it may cost, what becomes of trouble. Imported by the API
// and the composition root; imports outgoing, secrets, domain, store and lib.
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../lib/log.ts";
import { answer } from "./answer.ts";
import { createPurse } from "./budgets.ts";
import { createAnswerCache } from "./cache.ts";
import { createKeepContent } from "./contents.ts";
import { ModelCallStoppedError } from "./errors.ts";
import { listModels, type ListedModels } from "./list.ts";
import { createSetups, type SetupDeps } from "./setup.ts";
import type { ModelAnswer, ModelCall, ModelPart } from "./types.ts";

export { defaultPolicy } from "./setup.ts";
export { openContent } from "./contents.ts";
export { providers } from "./catalogue.ts";
export type * from "./types.ts";

export interface Models {
  /** @throws GantryError with a code of its own for everything that can go wrong. */
  answer(call: ModelCall, onPart?: (part: ModelPart) => void): Promise<ModelAnswer>;
  /** What calls from there could use. */
  list(place: { org: string; project: string | null; environment: string | null }): Promise<ListedModels>;
  /** Ends connections that are kept. */
  close(): void;
}

export interface ModelsDeps extends SetupDeps {
  random(): number;
  newId(): string;
  log?: Pick<Log, "error">;
}

/** Nothing is read, and no provider's package loaded, before somebody asks. */
export function createModels({ pool, keys, guard, now, random, newId, log }: ModelsDeps): Models {
  const setups = createSetups({ pool, keys, guard, now });
  const deps = {
    setupOf: setups.of,
    purse: createPurse({ pool, now }),
    cache: createAnswerCache(),
    keep: createKeepContent({ pool, keys }),
    now,
    random,
    newId,
    wait: async (ms: number, signal: AbortSignal) => {
      await delay(ms, undefined, { signal }).catch((cause: unknown) => {
        throw new ModelCallStoppedError({ cause });
      });
    },
    lost: (err: unknown) =>
      log?.error({ err }, "What a call to a model came to, or what was asked in it, could not be written down"),
  };
  return {
    answer: (call, onPart) => answer(deps, call, onPart),
    list: async (place) => listModels(await setups.of(place, true), now()),
    close: setups.close,
  };
}
