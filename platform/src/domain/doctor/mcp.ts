import type { DoctorCheck } from "@gantry/sdk/api";

interface Server {
  name: string;
  oauth: { by: "program" | "person" } | null;
  signIn: { by: string | null; problem: "ended" | "scope" | "refused" | null } | null;
}

/** Servers of the Model Context Protocol that a person signs in to; nothing is said where there are none. */
export function mcpSignInChecks(servers: readonly Server[]): DoctorCheck[] {
  return servers
    .filter(({ oauth }) => oauth?.by === "person")
    .map(({ name: server, signIn }) => {
      const name = "mcp";
      if (signIn !== null && signIn.by !== null && signIn.problem !== "ended" && signIn.problem !== "scope")
        return { name, status: "ok", text: `${signIn.by} signed in to ${server} for the organization` };
      const why = signIn?.problem === "scope" ? "a tool takes more than was allowed" : "nobody is signed in";
      return {
        name,
        status: "missing",
        text: `${server}: ${why}; calls of its tools fail until somebody signs in again, everything else works`,
        mend: `gantry mcp login ${server}`,
      };
    });
}
