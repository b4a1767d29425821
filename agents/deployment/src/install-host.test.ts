import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("installing the host's program says nothing on stderr, and other warnings still come", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-host-"));
  const program = `
    import { installHost } from ${JSON.stringify(new URL("./install-host.ts", import.meta.url).href)};
    await installHost(${JSON.stringify(folder)});
    process.emitWarning("still heard");`;
  const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  await rm(folder, { recursive: true });
  expect(stderr).toMatch(/^\(node:\d+\) Warning: still heard\n/);
});
