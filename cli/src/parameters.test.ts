import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { JsonObject } from "@gantry/sdk";
import { readParameters } from "./parameters.ts";

/** As the server gives it: JSON Schema of what callers may send. */
const schema = z.object({
  commit: z.string().describe("Commit to ship"),
  replicas: z.number().int().default(2),
  ratio: z.number().optional(),
  force: z.boolean().default(false),
  color: z.enum(["blue", "green"]).default("blue"),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  note: z.string().nullable().optional(),
  size: z.union([z.number(), z.string()]).optional(),
  tags: z.array(z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  anything: z.any().optional(),
});
const runbook = { name: "ship", parameters: z.toJSONSchema(schema, { io: "input" }) as JsonObject };
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gantry-parameters-"));
  await writeFile(join(directory, "labels.json"), '{"a": "b"}');
  await writeFile(join(directory, "note.txt"), "two\nlines\n");
  await writeFile(join(directory, "all.json"), '{"commit": "from file", "replicas": 5}');
  await writeFile(join(directory, "broken.json"), "{");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const read = (pairs: readonly string[], options: { file?: string; stdin?: string } = {}) =>
  readParameters({ pairs, file: options.file }, runbook, Readable.from([options.stdin ?? ""]));
const readOne = async (pair: string) => (await read(["commit=x", pair]))[pair.slice(0, pair.indexOf("="))];

test.each([
  ["commit=5", "5"],
  ["commit=true", "true"],
  ['commit="quoted"', '"quoted"'],
  ["commit=a=b", "a=b"],
  ["commit=", ""],
  ["commit=@@home", "@home"],
  ["replicas=3", 3],
  ["ratio=0.5", 0.5],
  ["ratio=2", 2],
  ["force=true", true],
  ["color=green", "green"],
  ["level=2", 2],
  ["note=null", null],
  ["note=hello", "hello"],
  ["size=5", 5],
  ["size=5GB", "5GB"],
  ['tags=["a","b"]', ["a", "b"]],
  ['labels={"a":"b"}', { a: "b" }],
  ["anything=5", 5],
  ["anything=plain", "plain"],
])("%s becomes what the schema wants", async (pair, value) => {
  expect(await readOne(pair)).toEqual(value);
});

test.each([
  ["replicas=many", 'replicas must be a whole number, not "many"'],
  ["replicas=1.5", 'replicas must be a whole number, not "1.5"'],
  ["force=yes", 'force must be true or false, not "yes"'],
  ["color=red", 'color must be one of "blue", "green", not "red"'],
  ["level=3", "level must be one of 1, 2"],
  ["tags=a,b", 'tags must be a JSON list, not "a,b"'],
  ["nonsense", '"nonsense" isn\'t of the form name=value'],
  ["=5", '"=5" isn\'t of the form name=value'],
  ["colour=blue", "colour isn't a parameter of ship; it takes commit, replicas"],
  ["__proto__=x", "__proto__ isn't a parameter of ship"],
])("%s is refused with the reason", async (pair, message) => {
  await expect(read(["commit=x", pair])).rejects.toThrow(message);
});

test("everything that is wrong is said at once, and what is missing with what it takes", async () => {
  const failure = read(["replicas=many", "force=yes"]);
  await expect(failure).rejects.toThrow(
    /replicas must be .*force must be .*commit is missing \(text: Commit to ship\)/,
  );
  await expect(failure).rejects.toMatchObject({ exit: "usage", remedy: "gantry runbooks show ship" });
});

test("a parameter with a default isn't missing", async () => {
  expect(await read(["commit=x"])).toEqual({ commit: "x" });
});

test("files are text where text is wanted and JSON elsewhere", async () => {
  expect(await readOne(`note=@${join(directory, "note.txt")}`)).toBe("two\nlines\n");
  expect(await readOne(`labels=@${join(directory, "labels.json")}`)).toEqual({ a: "b" });
  await expect(readOne(`labels=@${join(directory, "broken.json")}`)).rejects.toThrow(
    "read from a file that isn't JSON",
  );
  await expect(readOne("labels=@/nowhere")).rejects.toThrow("/nowhere can't be read");
});

test("stdin is a value, or all of them", async () => {
  expect(await read(["commit=@-"], { stdin: "piped" })).toEqual({ commit: "piped" });
  expect(await read([], { file: "-", stdin: '{"commit": "piped"}' })).toEqual({ commit: "piped" });
  await expect(read([], { file: "-", stdin: "[1]" })).rejects.toThrow("stdin must hold one JSON object");
});

test("a single parameter wins over the file", async () => {
  const file = join(directory, "all.json");
  expect(await read(["replicas=1"], { file })).toEqual({ commit: "from file", replicas: 1 });
});
