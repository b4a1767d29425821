import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCapturedOutput, stripControl } from "./output.ts";

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

test("text made safe for display has no escape sequence, no control character and no hidden direction", () => {
  expect(
    stripControl("\u001b[1;31mred\u001b[0m \u001b]0;title\u0007x\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\"),
  ).toBe("red xlink");
  expect(stripControl("10%\r20%\r\nnext\tcolumn\u0000\u0008\u009b2J")).toBe("10%20%\nnext\tcolumn");
  expect(stripControl("user\u202egpj.exe \ud800")).toBe("user<U+202E>gpj.exe \ufffd");
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.oneof(
          fc.constantFrom("\u001b", "[", "]", "\u0007", "\u009b", "P", "\\"),
          fc.string({ unit: "binary", maxLength: 1 }),
        ),
      }),
      (text) => {
        expect(stripControl(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      },
    ),
  );
});
