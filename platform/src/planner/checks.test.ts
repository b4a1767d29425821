import { expect, test } from "vitest";
import { splitChecks } from "./checks.ts";

test.each([
  [
    "and check that https://x.example/health answers 200",
    { kind: "http", url: "https://x.example/health", status: 200 },
  ],
  ["then make sure http://10.0.0.8:8080/ responds", { kind: "http", url: "http://10.0.0.8:8080/", status: 200 }],
  ["and verify https://x.example/ returns status 503", { kind: "http", url: "https://x.example/", status: 503 }],
  [
    "until p95 of https://x.example/ is below 300 ms",
    { kind: "latency", url: "https://x.example/", percentile: 95, ms: 300 },
  ],
  [
    "so that p99 latency of https://x.example/ stays under 1.2 seconds",
    { kind: "latency", url: "https://x.example/", percentile: 99, ms: 1_200 },
  ],
])("%s becomes a verification", (clause, check) => {
  expect(splitChecks(`restart web in dev ${clause}`)).toEqual({
    rest: "restart web in dev",
    checks: [check],
    refused: [],
  });
});

test("several addresses are several checks", () => {
  const text = "restart web and check that https://a.example/ answers 200 and https://b.example/ answers 204";
  expect(splitChecks(text).checks).toMatchObject([{ status: 200 }, { status: 204 }]);
});

test.each([
  ["that customers are happy", "only what an address"],
  ["that p95 is below 300 ms", "which address"],
  ["that https://x.example/ shows the new logo", "can't be checked"],
  ["that https://x.example/ answers 200 or 204", "can't be checked"],
  ["that https://x.example/", "doesn't say what it shall answer"],
])("what can't be found out is refused with the reason: %s", (clause, why) => {
  const { checks, refused } = splitChecks(`restart web in dev and check ${clause}`);
  expect(checks).toEqual([]);
  expect(refused).toMatchObject([{ why: expect.stringContaining(why) }]);
});

test.each(["silence DiskFull until tomorrow", "check the logs of web", "keep it until the end of the week"])(
  "%s has no check in it",
  (text) => {
    expect(splitChecks(text)).toEqual({ rest: text, checks: [], refused: [] });
  },
);
