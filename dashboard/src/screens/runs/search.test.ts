import { expect, test } from "vitest";
import { bulkFilterOf, commandOf, queryOf, statusesOf } from "./query.ts";
import { readSearch, savedPart } from "./search.ts";

const read = (search: Record<string, unknown>) => savedPart(readSearch(search));

test("an address is read as far as it makes sense, and never breaks", () => {
  expect(read({})).toEqual({});
  expect(read({ text: 1234, status: "failed,<b>,failed", parts: "true", sort: "-finished" })).toEqual({
    text: "1234",
    status: "failed",
    parts: true,
    sort: "-finished",
  });
  const broken = {
    text: { a: 1 },
    status: ["x"],
    environment: "No Such",
    after: "yesterday",
    dry: 7,
    sort: null,
    bulk: "1",
  };
  expect(read(broken)).toEqual({});
  expect(read({ after: "2026-01-31T12:00Z" })).toEqual({ after: "2026-01-31T12:00:00.000Z" });
});

test("list, bulk action and command line mean the same runs", () => {
  const search = read({
    text: "it's",
    status: "failed,canceled",
    environment: "prod",
    after: "2026-01-31T12:00:00Z",
    dry: "none",
  });
  expect(statusesOf(search)).toEqual(["failed", "canceled"]);
  expect(queryOf(search)).toMatchObject({
    text: "it's",
    status: "failed,canceled",
    createdAfter: "2026-01-31T12:00:00.000Z",
    dryRun: "false",
    subRuns: "false",
    sort: "-created",
  });
  expect(bulkFilterOf(search)).toEqual({
    text: "it's",
    status: ["failed", "canceled"],
    environment: "prod",
    createdAfter: "2026-01-31T12:00:00.000Z",
    dryRun: false,
  });
  expect(commandOf(search)).toBe(
    `npx gantry runs list --status failed --status canceled --environment prod --text 'it'\\''s' --created-after 2026-01-31T12:00:00.000Z`,
  );
});

test("a list that nothing narrows gives a bulk action nothing to go by, however it is sorted", () => {
  expect(bulkFilterOf(read({ sort: "created", parts: true }))).toEqual({});
});
