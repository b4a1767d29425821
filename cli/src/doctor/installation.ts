import type { InstallationView } from "@gantry/sdk/api";
import { duration } from "../render/time.ts";
import type { Check } from "./check.ts";

/** How the installation stands with others that it relies on. */
export function installationChecks({ breachList, secretLeases }: InstallationView): Check[] {
  return [checkBreachList(breachList), checkLeases(secretLeases)];
}

function checkBreachList(state: InstallationView["breachList"]): Check {
  const name = "stolen passwords";
  if (state === "reachable") return { name, status: "ok", text: "new passwords are looked up in the list of them" };
  const why = state === "off" ? "the list of them is off" : "the list of them doesn't answer the server";
  const text = `${why} (GANTRY_BREACH_LIST_URL), so new passwords are only rated`;
  return { name, status: "missing", text };
}

function checkLeases({ open, failing, oldestFailureSeconds }: InstallationView["secretLeases"]): Check {
  const name = "secret leases";
  const text = open === 0 ? "nothing is lent by Vault" : `${open} lent by Vault`;
  if (failing === 0) return { name, status: "ok", text };
  const since = duration(oldestFailureSeconds * 1_000);
  const more = `Vault couldn't be told to end or prolong ${failing} of them, the oldest from ${since} ago; it is tried again`;
  return { name, status: "missing", text: `${text}; ${more}`, mend: "gantry connection list" };
}
