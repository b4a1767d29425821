import { expect, test } from "vitest";
import { firstFailingLine, type NumberedLine } from "./failing-line.ts";

function log(text: string, stream: NumberedLine["stream"] = "stdout"): NumberedLine[] {
  return text.split("\n").map((line, index) => ({ line: index + 1, stream, text: line }));
}

test("the first line that calls itself an error is found, with what stands around it", () => {
  const lines = log(
    "fetching\nbuilding\n0 errors so far\nsrc/a.ts:3:1 - error TS2304: no name\nnote\nError: build failed",
  );
  expect(firstFailingLine(lines)).toEqual({
    line: 4,
    stream: "stdout",
    text: "src/a.ts:3:1 - error TS2304: no name",
    before: ["fetching", "building", "0 errors so far"],
    after: ["note", "Error: build failed"],
  });
});

test.each([
  [
    "plan\n\u001b[31m╷\u001b[0m\n\u001b[31m│\u001b[0m \u001b[1mError: \u001b[0mInvalid provider\n╵",
    3,
    "│ Error: Invalid provider",
  ],
  ["run\nnpm ERR! code 1", 2, "npm ERR! code 1"],
  ["start\nTraceback (most recent call last):\n  x\nKeyError: 'a'", 2, "Traceback (most recent call last):"],
  ["\u001b]0;title\u0007fatal: repository not found", 1, "fatal: repository not found"],
  ["errors: 0\nwarnings: 1\nexit", 3, "exit"],
])("of %j it is line %i", (text, line, said) => {
  expect(firstFailingLine(log(text))).toMatchObject({ line, text: said });
});

test("without a line that says so, the first on standard error that sounds like it is taken, else the last one", () => {
  const out = log("one\ntwo");
  const quiet = { line: 3, stream: "stderr" as const, text: "retrying" };
  const refused = { line: 4, stream: "stderr" as const, text: "connection refused by host" };
  expect(firstFailingLine([...out, quiet, refused])).toMatchObject({ line: 4 });
  expect(firstFailingLine([...out, quiet])).toMatchObject({ line: 3 });
  expect(firstFailingLine(out)).toMatchObject({ line: 2 });
  expect(firstFailingLine([])).toBeNull();
});

test("a line without an end doesn't hold the search up", () => {
  expect(firstFailingLine(log(`${"error".repeat(200_000)}\nError: here`))).toMatchObject({ line: 2 });
});
