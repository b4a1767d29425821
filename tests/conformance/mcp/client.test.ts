import { expect, test } from "vitest";
import { conformanceOfClient } from "./suite.ts";

/** The client declares no capability, so what a server asks it for in the middle of a call it doesn't get. */
test.each([
  {
    revision: "2025-11-25",
    passed: ["initialize", "tools_call", "sse-retry"],
    refused: ["elicitation-sep1034-client-defaults"],
  },
  {
    revision: "2026-07-28",
    passed: [
      "tools_call",
      "request-metadata",
      "http-standard-headers",
      "http-custom-headers",
      "http-invalid-tool-headers",
      "json-schema-ref-no-deref",
    ],
    refused: ["sep-2322-client-request-state"],
  },
] as const)(
  "tools of others are called as $revision says",
  async ({ revision, passed, refused }) => {
    const found = await conformanceOfClient(revision);
    expect(found.passed).toEqual(passed);
    expect(Object.keys(found.failed)).toEqual(refused);
  },
  // Two processes a scenario, one after the other.
  900_000,
);
