import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConfigurationView } from "@gantry/sdk/api";
import { readConfig } from "../config.ts";
import { renderConfigurationReference, renderExample } from "./reference.ts";
import { profileNames } from "./variables.ts";

const reference = join(import.meta.dirname, "../../../docs/reference");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gantry-example-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the reference page is what the schema says", async () => {
  await expect(renderConfigurationReference()).toMatchFileSnapshot(`${reference}/configuration.md`);
});

test.each(profileNames)("the example of %s is what the schema says, and can be started with", async (profile) => {
  await expect(renderExample(profile)).toMatchFileSnapshot(`${reference}/env/${profile}.env`);
  expect(read(renderExample(profile)).profile).toBe(profile);
});

test.each(profileNames)("what is commented out in the example of %s is the default there", (profile) => {
  const example = renderExample(profile);
  const all = read(example.replaceAll(/^# (?=GANTRY_\w+=.)/gm, ""));
  expect(valuesOf(all)).toEqual(valuesOf(read(example)));
  expect(all.warnings).toEqual([]);
});

function read(text: string): ConfigurationView {
  const file = join(folder, "example.env");
  writeFileSync(file, text, { mode: 0o600 });
  return readConfig({ GANTRY_CONFIG_FILE: file }).view;
}

function valuesOf({ settings }: ConfigurationView): unknown {
  return settings.map(({ name, value }) => [name, value]);
}
