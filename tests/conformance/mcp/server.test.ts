import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { conformanceOf } from "./suite.ts";
import { startSuitesOwnServer } from "./suites-own-server.ts";
import { withKey } from "./with-key.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** What a server of any content can show. */
const expected = {
  "2025-11-25": {
    checks: 39,
    passed: [
      "server-initialize",
      "ping",
      "tools-list",
      "server-sse-multiple-streams",
      "resources-list",
      "prompts-list",
      "dns-rebinding-protection",
    ],
  },
  "2026-07-28": {
    checks: 79,
    passed: [
      "tools-list",
      "server-sse-multiple-streams",
      "resources-list",
      "sep-2164-resource-not-found",
      "prompts-list",
      "dns-rebinding-protection",
      "caching",
      "input-required-result-missing-input-response",
      "input-required-result-unsupported-methods",
      "input-required-result-ignore-extra-params",
      "input-required-result-validate-input",
    ],
  },
} as const;

/** The rest asks for tools, resources and prompts of the suite's own by name, or for what this server says that it hasn't. */
const lacking = new RegExp(
  [
    /(Tool|Prompt) test_\w+ not found/,
    /Resource not found: test:/,
    /Not testable: server does not list the diagnostic tool/,
    // Logging and subscriptions: it doesn't declare them.
    /Method not found/,
    // What comes second in a scenario whose tool isn't there.
    /Expected InputRequiredResult|Prerequisite failed/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

test.each(["2025-11-25", "2026-07-28"] as const)("Gantry's own server is as %s says", async (revision) => {
  await using keyed = await withKey(api.url, api.key);
  const { passed, checks, failed } = await conformanceOf(`${keyed.url}/mcp`, revision);
  expect({ passed, checks }).toEqual(expected[revision]);
  const failures = Object.entries(failed).flatMap(([scenario, reasons]) => reasons.map((reason) => [scenario, reason]));
  expect(failures.filter(([, reason = ""]) => !lacking.test(reason))).toEqual([]);
});

test.each([
  { revision: "2025-11-25", passed: 30 },
  { revision: "2026-07-28", passed: 37 },
] as const)(
  "with the suite's own tools, what $revision requires holds over our HTTP",
  async ({ revision, ...wanted }) => {
    await using server = await startSuitesOwnServer();
    const { passed, failed } = await conformanceOf(server.url, revision);
    expect(failed).toEqual({});
    expect(passed).toHaveLength(wanted.passed);
  },
);
