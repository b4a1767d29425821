import { expect, test } from "vitest";
import { ConfigInvalidError, readConfig, renderConfigurationReference } from "./config.ts";

test("without any variable the platform listens on loopback and keeps its data in the user's data directory", () => {
  const config = readConfig({});
  expect(config).toMatchObject({ host: "127.0.0.1", port: 4680, role: "all", databaseUrl: undefined, blobs: "files" });
  expect(config.dataDir).toMatch(/gantry$/);
  expect(config.keyFile.startsWith(config.dataDir)).toBe(true);
});

test("an empty variable counts as not set", () => {
  expect(readConfig({ GANTRY_PORT: "", GANTRY_DATABASE_URL: "" })).toEqual(readConfig({}));
});

test("paths become absolute, so that a later change of directory doesn't move them", () => {
  expect(readConfig({ GANTRY_DATA_DIR: "data" }).dataDir).toBe(`${process.cwd()}/data`);
});

test("all wrong variables are named at once, without their values", () => {
  const wrong = { GANTRY_PORT: "http", GANTRY_ROLE: "boss", GANTRY_DATABASE_URL: "mysql://root:hunter2@db/x" };
  const error = catchError(() => readConfig(wrong));
  expect(error).toBeInstanceOf(ConfigInvalidError);
  expect(error.message).toContain("GANTRY_PORT: must be a whole number");
  expect(error.message).toContain("GANTRY_ROLE: must be one of all, api, worker");
  expect(error.message).toContain("GANTRY_DATABASE_URL: must look like postgresql://");
  expect(error.message).not.toContain("hunter2");
});

test.each(["65536", "-1", "80.5", "0x"])("port %s is refused", (port) => {
  expect(() => readConfig({ GANTRY_PORT: port })).toThrow(ConfigInvalidError);
});

test("port 0 stands for any free port", () => {
  expect(readConfig({ GANTRY_PORT: "0" }).port).toBe(0);
});

test("the reference page is what the schema says", async () => {
  await expect(renderConfigurationReference()).toMatchFileSnapshot("../../docs/reference/configuration.md");
});

function catchError(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Nothing was thrown");
}
