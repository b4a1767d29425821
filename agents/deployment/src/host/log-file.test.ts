import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { limitLog } from "./log-file.ts";

test("a log over its limit moves aside while its writer keeps writing", () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-log-"));
  const path = join(folder, "version.log");
  const writer = openSync(path, "a");
  try {
    limitLog(path, 10);
    writeSync(writer, "0123456789+");
    limitLog(path, 10);
    writeSync(writer, "next");
    expect(readFileSync(`${path}.1`, "utf8")).toBe("0123456789+");
    expect(readFileSync(path, "utf8")).toBe("next");
    appendFileSync(path, "!");
    limitLog(path, 10);
    expect(statSync(path).size).toBe(5);
  } finally {
    closeSync(writer);
    rmSync(folder, { recursive: true });
  }
});
