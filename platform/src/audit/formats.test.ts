import type { AuditEntry } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { lineFormat } from "./formats.ts";

const entry: AuditEntry = {
  id: "01890000-0000-7000-8000-000000000000",
  kind: "record",
  at: "2026-01-02T03:04:05.000Z",
  actor: { kind: "user", id: "a", name: '=HYPERLINK("http://x")' },
  onBehalfOf: null,
  action: "apiKeys.create",
  target: { actor: "b" },
  reason: "a=b|c\\d\nnext",
  result: "denied",
  details: { fields: ["scopes"] },
  source: { address: "10.0.0.1", credential: { kind: "key", id: "k" } },
  requestId: "request-1",
  redacted: null,
};

test("a cell that a spreadsheet would take for a formula is text, and quotes and line breaks stay in their cell", () => {
  const { header, line } = lineFormat("csv", "1.0.0");
  expect(header.split(",")[0]).toBe('"at"');
  const [cells] = [line(entry)];
  expect(cells).toContain(`"'=HYPERLINK(""http://x"")"`);
  for (const name of ["+1", "-1", "@x", "\t=1", " =1", "\r=1"])
    expect(line({ ...entry, actor: { ...entry.actor, name } })).toContain(`"'${name}"`);
  expect(cells).toContain('"a=b|c\\d\nnext"');
  expect(cells.endsWith("\r\n")).toBe(true);
});

test("CEF escapes what would end a field, a header or the line", () => {
  const { line } = lineFormat("cef", "1|0");
  const text = line({ ...entry, action: "a|b\\c" });
  expect(text).toMatch(/^CEF:0\|Gantry\|Gantry\|1\\\|0\|a\\\|b\\\\c\|a\\\|b\\\\c denied\|6\|/);
  expect(text).toContain("reason=a\\=b|c\\\\d\\nnext ");
  expect(text.trimEnd()).not.toContain("\n");
});

test("OCSF entries have what the schema requires of their class", () => {
  const { line } = lineFormat("ocsf", "1.0.0");
  const classOf = (action: string) => JSON.parse(line({ ...entry, action })) as Record<string, unknown>;
  for (const [action, uid] of [
    ["signIn.key", 3002],
    ["apiKeys.create", 3001],
    ["roles.grant", 3001],
    ["secrets.put", 6003],
    ["attempt.started", 6003],
  ] as const) {
    const one = classOf(action);
    // schema.ocsf.io/1.4.0: base event, and the class's own.
    const required = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"];
    const own = uid === 6003 ? ["actor", "api", "src_endpoint"] : ["user"];
    expect(Object.keys(one)).toEqual(expect.arrayContaining([...required, ...own]));
    expect(one).toMatchObject({
      class_uid: uid,
      category_uid: Math.floor(uid / 1000),
      type_uid: uid * 100 + (one["activity_id"] as number),
      metadata: { version: "1.4.0", product: { vendor_name: "Gantry" } },
      api: { operation: action },
      status_id: 2,
    });
  }
});

test("JSON is the entry as it is, a line each", () => {
  const { line } = lineFormat("json", "1.0.0");
  expect(JSON.parse(line(entry))).toEqual(entry);
  expect(line(entry).indexOf("\n")).toBe(line(entry).length - 1);
});
