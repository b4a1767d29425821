import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { followOutput } from "./follow-output.ts";

test("a character that is written in pieces is passed on whole, and what never becomes one at the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-follow-"));
  try {
    const pieces: Buffer[] = [];
    let heard = Promise.withResolvers<void>();
    const follower = followOutput(folder, ({ bytes }) => {
      pieces.push(Buffer.from(bytes));
      heard.resolve();
    });
    const [first, ...rest] = Buffer.from("\u{1f6a7}");
    await writeFile(join(folder, "stdout"), Buffer.from(["x".charCodeAt(0), first ?? 0]));
    follower.advance();
    await heard.promise;
    heard = Promise.withResolvers();
    await appendFile(join(folder, "stdout"), Buffer.from([...rest, first ?? 0]));
    follower.advance();
    await heard.promise;
    await follower.end();
    expect(pieces).toEqual([Buffer.from("x"), Buffer.from("\u{1f6a7}"), Buffer.from([first ?? 0])]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
