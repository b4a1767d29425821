import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { version } from "./version.ts";

const launcher = fileURLToPath(new URL("../bin/gantry.js", import.meta.url));
const refusing = `
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      if (/node_modules\\/(@bufbuild|yaml)\\//.test(url)) throw new Error("a command loaded " + url);
      return next(url, context);
    },
  });`;

test("a command that reads no runbook doesn't wait for CEL and YAML", async () => {
  const hooks = `data:text/javascript,${encodeURIComponent(refusing)}`;
  const gantry = (...parameters: string[]) =>
    promisify(execFile)(process.execPath, ["--import", hooks, launcher, ...parameters]);
  expect((await gantry("--version")).stdout).toBe(`${version}\n`);
  await expect(gantry("runbook", "lint", "no-such-file.yaml")).rejects.toThrow("a command loaded");
});
