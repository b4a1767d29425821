import type { AuditFilter } from "@gantry/sdk/api";
import { readPlace } from "../parts/place.ts";
import type { SettingsSearch } from "../search.ts";

/** What the address asks of the audit trail. */
export function filterOf({ actor, action, result, run, place, from, to }: SettingsSearch): AuditFilter {
  const given = { actor, action, result, run, from, to, ...readPlace(place) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The same as options of `gantry audit list` and `export`. */
export function filterOptions({ actor, action, result, run, place, from, to }: SettingsSearch) {
  const { project, environment } = readPlace(place);
  return {
    since: from,
    until: to,
    actor,
    action,
    run,
    "in-project": project,
    "in-environment": environment,
    result,
  };
}

/** A moment as the browser's field has it, taken as UTC; undefined for none. */
export function momentOf(field: string): string | undefined {
  const at = Date.parse(`${field}Z`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** The other way round. */
export function fieldOf(moment: string | undefined): string {
  return moment === undefined ? "" : moment.slice(0, 16);
}
