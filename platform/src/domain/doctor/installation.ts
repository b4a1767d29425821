import type { DoctorCheck, InstallationView } from "@gantry/sdk/api";

/** How the installation stands with others that it relies on. */
export function installationChecks({ breachList, secretLeases }: InstallationView): DoctorCheck[] {
  return [checkBreachList(breachList), checkLeases(secretLeases)];
}

function checkBreachList(state: InstallationView["breachList"]): DoctorCheck {
  const name = "stolen passwords";
  if (state === "reachable") return { name, status: "ok", text: "new passwords are looked up in the list of them" };
  const why = state === "off" ? "the list of them is off" : "the list of them doesn't answer the server";
  const text = `${why} (GANTRY_BREACH_LIST_URL), so new passwords are only rated`;
  return { name, status: "missing", text };
}

function checkLeases({ open, failing, oldestFailureSeconds }: InstallationView["secretLeases"]): DoctorCheck {
  const name = "secret leases";
  const text = open === 0 ? "nothing is lent by Vault" : `${open} lent by Vault`;
  if (failing === 0) return { name, status: "ok", text };
  const since = hours(oldestFailureSeconds);
  const more = `Vault couldn't be told to end or prolong ${failing} of them, the oldest from ${since} ago; it is tried again`;
  return { name, status: "missing", text: `${text}; ${more}`, mend: "gantry connection list" };
}

function hours(seconds: number): string {
  return seconds < 3_600 ? `${Math.ceil(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
}
