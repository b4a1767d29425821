import { expect, test } from "vitest";
import { conformanceOfClient } from "./suite.ts";

test.each([
  {
    revision: "2025-11-25",
    passed: ["initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"],
  },
  {
    revision: "2026-07-28",
    passed: [
      "tools_call",
      "request-metadata",
      "sep-2322-client-request-state",
      "http-standard-headers",
      "http-custom-headers",
      "http-invalid-tool-headers",
      "json-schema-ref-no-deref",
    ],
  },
] as const)(
  "tools of others are called as $revision says",
  async ({ revision, passed }) => {
    const found = await conformanceOfClient(revision);
    expect(found.failed).toEqual({});
    expect(found.passed).toEqual(passed);
  },
  // Two processes a scenario, one after the other.
  900_000,
);
