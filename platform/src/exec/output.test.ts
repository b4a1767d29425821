import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCapturedOutput } from "./output.ts";

async function capture(content: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), "gantry-output-"));
  try {
    const path = join(folder, "stdout");
    await writeFile(path, content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    return await readCapturedOutput(path, { bytes: content.length, sha256, incomplete: false });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("short output is given whole, empty output as an empty text", async () => {
  expect(await capture(Buffer.from("héllo"))).toMatchObject({ text: "héllo", truncated: false, bytes: 6 });
  expect(await capture(Buffer.alloc(0))).toMatchObject({ text: "", truncated: false, bytes: 0 });
});

test("long output is shortened in its middle, says by how much, and cuts no character in two", async () => {
  for (const before of ["", "a", "ab", "abc"]) {
    const whole = Buffer.from(`${before}${"😀é".repeat(50_000)}`);
    const output = await capture(whole);
    const [head = "", tail = ""] = output.text.split(/\n\[… \d+ bytes left out here; .*\]\n/);
    expect(output.text).not.toContain("\ufffd");
    expect(whole.toString().startsWith(head)).toBe(true);
    expect(whole.toString().endsWith(tail)).toBe(true);
    const omitted = whole.length - Buffer.byteLength(head) - Buffer.byteLength(tail);
    expect(output.text).toContain(
      `${String(omitted)} bytes left out here; the whole has ${String(whole.length)} bytes`,
    );
    expect(output.text).toContain(output.sha256);
  }
});
