import { expect, test } from "vitest";
import { renderLines, renderTable, type Column } from "./table.ts";
import { widthOf } from "./text.ts";

interface Row {
  id: string;
  status: string;
  goal: string;
}

const columns: Column<Row>[] = [
  { title: "ID", text: ({ id }) => id, short: ({ id }) => id.slice(0, 4) },
  { title: "STATUS", text: ({ status }) => status, give: 1 },
  { title: "GOAL", text: ({ goal }) => goal, give: 2 },
];
const rows: Row[] = [
  { id: "0198c2f4-6a1b", status: "succeeded", goal: "Ship the shop to staging without losing a request" },
  { id: "0199aaaa-0000", status: "failed", goal: "日本\tエ\nx" },
];

test("columns are aligned and short forms shown", () => {
  expect(renderTable(columns, rows, 100)).toBe(
    [
      "ID    STATUS     GOAL",
      "0198  succeeded  Ship the shop to staging without losing a request",
      "0199  failed     日本 エ x",
    ].join("\n"),
  );
});

test.each([60, 40, 30, 24])("a table fits %d columns: what gives first narrows first", (width) => {
  const table = renderTable(columns, rows, width);
  for (const line of table.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(width);
  expect(table).toContain("0198");
});

test("what can't narrow any further goes below its row, in full", () => {
  expect(renderTable(columns, rows, 20)).toBe(
    [
      "ID    STATUS",
      "0198  succeeded",
      "  goal: Ship the shop to",
      "        staging without",
      "        losing a request",
      "0199  failed",
      "  goal: 日本 エ x",
    ].join("\n"),
  );
});

test("what is to be copied is never cut: it goes below as a whole", () => {
  const whole: Column<Row>[] = [
    { title: "NAME", text: ({ status }) => status },
    { title: "ID", text: ({ id }) => id, give: 1, whole: true },
    { title: "GOAL", text: ({ goal }) => goal, give: 2 },
  ];
  expect(renderTable(whole, rows.slice(0, 1), 34)).toBe(
    ["NAME       ID             GOAL", "succeeded  0198c2f4-6a1b  Ship th…"].join("\n"),
  );
  expect(renderTable(whole, rows.slice(0, 1), 20)).toContain("succeeded\n  id: 0198c2f4-6a1b\n");
});

test("in a pipe nothing is cut, there is no heading, and a value never holds a tab or a line end", () => {
  expect(renderLines(columns, rows)).toBe(
    "0198c2f4-6a1b\tsucceeded\tShip the shop to staging without losing a request\n0199aaaa-0000\tfailed\t日本 エ x",
  );
});

test("colour doesn't count as width", () => {
  const painted: Column<Row>[] = [
    { ...(columns[1] as Column<Row>), paint: (_, text) => `\u001b[31m${text}\u001b[39m` },
    columns[0] as Column<Row>,
  ];
  const lines = renderTable(painted, rows, 100)
    .replaceAll(/\u001b\[\d+m/g, "")
    .split("\n");
  expect(lines.map((line) => line.indexOf("01"))).toEqual([-1, 11, 11]);
});
