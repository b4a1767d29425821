import type { Surroundings } from "./input.ts";
import { emit, type Machine } from "./machine.ts";

/** The window that holds the run now; null where none does, or where it was overridden. */
export function freezeOver({ state, around }: Machine): Surroundings["freeze"] {
  const { freeze } = around;
  if (freeze === null || state.freezeOverride === null) return freeze;
  const { until } = state.freezeOverride;
  return until === null || (freeze.until !== null && freeze.until <= until) ? null : freeze;
}

/** True when nothing that changes anything may start now; the run's history says so once per window. */
export function isHeldByFreeze(m: Machine): boolean {
  const freeze = freezeOver(m);
  if (freeze === null) return false;
  const known = m.state.frozen;
  if (known?.freeze !== freeze.freeze || known.until !== freeze.until) emit(m, "run.frozen", freeze);
  return true;
}
