import type { ConfigurationView } from "@gantry/sdk/api";
import type { Gathered } from "./gather.ts";
import { profiles } from "./profiles.ts";
import { secretVariables, variableNames, type ProfileName, type Variable } from "./variables.ts";

/** What whoever operates this may see: every variable, what it came to, and why. */
export function createView(options: {
  profile: ProfileName;
  given: Gathered["given"];
  values: Partial<Record<Variable, string | number | undefined>>;
  warnings: readonly string[];
}): ConfigurationView {
  const { profile, given, values, warnings } = options;
  const settings = variableNames.map((name) => {
    const secret = secretVariables.has(name);
    const value = values[name];
    return {
      name,
      value: secret || value === undefined ? null : withoutPassword(String(value)),
      secret,
      ...originOf(name),
    };
  });
  return { profile, settings, warnings: [...warnings] };

  function originOf(name: Variable): Pick<ConfigurationView["settings"][number], "source" | "origin"> {
    const set = given.get(name);
    if (set !== undefined) return { source: set.source, origin: set.origin };
    const ofProfile = profiles[profile].defaults[name] !== undefined;
    return ofProfile ? { source: "profile", origin: `profile ${profile}` } : { source: "default", origin: "default" };
  }
}

/** A URL that is no secret may still hold one. */
function withoutPassword(value: string): string {
  return value.replaceAll(/\/\/[^/\s@]*@/g, "//***@");
}
