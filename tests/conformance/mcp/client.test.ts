import { expect, test } from "vitest";
import { conformanceOfClient } from "./suite.ts";

/** What both revisions require of signing in by OAuth. */
const signIn = [
  "auth/metadata-default",
  "auth/metadata-var1",
  "auth/metadata-var2",
  "auth/metadata-var3",
  "auth/basic-cimd",
  "auth/scope-from-www-authenticate",
  "auth/scope-from-scopes-supported",
  "auth/scope-omitted-when-undefined",
  "auth/scope-step-up",
  "auth/scope-retry-limit",
  "auth/token-endpoint-auth-basic",
  "auth/token-endpoint-auth-post",
  "auth/token-endpoint-auth-none",
  "auth/pre-registration",
];

test.each([
  {
    revision: "2025-11-25",
    passed: ["initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry", ...signIn],
  },
  {
    revision: "2026-07-28",
    passed: [
      "tools_call",
      "request-metadata",
      ...signIn,
      "auth/resource-mismatch",
      "auth/offline-access-scope",
      "auth/offline-access-not-supported",
      "auth/authorization-server-migration",
      "auth/iss-supported",
      "auth/iss-not-advertised",
      "auth/iss-supported-missing",
      "auth/iss-wrong-issuer",
      "auth/iss-unexpected",
      "auth/iss-normalized",
      "auth/metadata-issuer-mismatch",
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
