import { expect, test } from "vitest";
import { mcpSignInChecks } from "./mcp.ts";

const person = { by: "person" } as const;

test("servers that a person has to sign in to again are named, with the command; those of programs aren't", () => {
  const signedIn = { by: "owner", problem: null };
  const checks = mcpSignInChecks([
    { name: "files", oauth: null, signIn: null },
    { name: "builds", oauth: { by: "program" }, signIn: null },
    { name: "tracker", oauth: person, signIn: signedIn },
    { name: "wiki", oauth: person, signIn: { ...signedIn, problem: "refused" } },
    { name: "chat", oauth: person, signIn: { ...signedIn, problem: "ended" } },
    { name: "mail", oauth: person, signIn: { ...signedIn, problem: "scope" } },
    { name: "notes", oauth: person, signIn: null },
  ]);
  expect(checks.map(({ status, mend }) => [status, mend])).toEqual([
    ["ok", undefined],
    ["ok", undefined],
    ["missing", "gantry mcp login chat"],
    ["missing", "gantry mcp login mail"],
    ["missing", "gantry mcp login notes"],
  ]);
  expect(checks.map(({ text }) => text).join("\n")).toMatch(/owner signed in to tracker[^]*mail: a tool takes more/);
});
