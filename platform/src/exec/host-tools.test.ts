import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeHostTools } from "./host-tools.ts";

test("it says what each program says of itself, that one isn't there, and why one doesn't run", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-tools-"));
  const put = (name: string, script: string) =>
    writeFile(join(folder.path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  expect(await probeHostTools(folder.path)).toEqual([
    { name: "git", version: null, problem: "not found" },
    { name: "terraform", version: null, problem: "not found" },
  ]);

  await put("git", 'echo "no library of that name" >&2; exit 127');
  // Under its other name; what the server's own environment holds is no business of it.
  await put("tofu", 'echo "OpenTofu v1.10.6${HOME}"; echo "on linux_amd64"');
  expect(await probeHostTools(folder.path)).toEqual([
    { name: "git", version: null, problem: "is there and doesn't run: no library of that name" },
    { name: "terraform", version: "OpenTofu v1.10.6", problem: null },
  ]);
});
