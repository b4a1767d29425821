import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigInvalidError, readConfig } from "./config.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gantry-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode });
  return file;
}

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

test("the environment wins over the file, that over the profile, and each value says where it came from", () => {
  const file = write(
    "gantry.env",
    "# ours\nGANTRY_PROFILE=test\nGANTRY_DATA_DIR=/data\nGANTRY_LOG_LEVEL=error\nGANTRY_HOST=::1\n",
  );
  const config = readConfig({ GANTRY_CONFIG_FILE: file, GANTRY_HOST: "localhost" });
  expect(config).toMatchObject({ profile: "test", host: "localhost", logLevel: "error", port: 0, role: "all" });
  const origins = Object.fromEntries(config.view.settings.map(({ name, origin }) => [name, origin]));
  expect(origins).toMatchObject({
    GANTRY_HOST: "environment",
    GANTRY_LOG_LEVEL: `${file}:4`,
    GANTRY_PORT: "profile test",
    GANTRY_ROLE: "default",
  });
  expect(config.environment).not.toHaveProperty("GANTRY_LOG_LEVEL");
});

test("a secret is read from the file that its variable with _FILE names, and shown nowhere", () => {
  const secret = write("database", "postgresql://gantry:hunter2@db/gantry\n");
  const file = write("gantry.env", "GANTRY_DATABASE_URL=postgresql://other:hunter3@db/other\n", 0o644);
  const config = readConfig({ GANTRY_CONFIG_FILE: file, GANTRY_DATABASE_URL_FILE: secret });
  expect(config.databaseUrl).toBe("postgresql://gantry:hunter2@db/gantry");
  expect(JSON.stringify(config.view)).not.toMatch(/hunter/);
  expect(config.view.settings).toContainEqual({
    name: "GANTRY_DATABASE_URL",
    value: null,
    secret: true,
    source: "environment",
    origin: "GANTRY_DATABASE_URL_FILE (environment)",
  });
  expect(config.files).toEqual([secret, file]);
  expect(config.warnings.join()).toContain("holds a secret and everybody may read it");
});

test("a password in a variable that is no secret isn't shown either", () => {
  const { view } = readConfig({ GANTRY_URL: "https://me:hunter2@gantry.example", GANTRY_AGENTS: "@own/agent" });
  expect(view.settings).toContainEqual(expect.objectContaining({ value: "https://***@gantry.example" }));
  expect(view.settings).toContainEqual(expect.objectContaining({ value: "@own/agent" }));
});

test("everything that is wrong with a file and what it names is said at once, with lines", () => {
  const file = write("gantry.env", "GANTRY_PORT=lots\nnonsense\nGANTRY_CONFIG_FILE=/other\nGANTRY_EVENT_SINKS=x\n");
  const { message } = catchError(() =>
    readConfig({
      GANTRY_CONFIG_FILE: file,
      GANTRY_DATABASE_URL_FILE: join(folder, "absent"),
      GANTRY_PROFILE: "server",
    }),
  );
  expect(message.replaceAll(folder, "…").split("\n")).toEqual([
    "The configuration is invalid:",
    "- GANTRY_DATABASE_URL_FILE: names a file that can't be read: there is none",
    "- GANTRY_CONFIG_FILE: line 2 isn't NAME=value (from …/gantry.env)",
    "- GANTRY_CONFIG_FILE: line 3 names another file, which isn't read (from …/gantry.env)",
    "- GANTRY_PORT: must be a whole number from 0 to 65535 (from …/gantry.env:1)",
    "- GANTRY_EVENT_SINKS: an address of it isn't an address (from …/gantry.env:4)",
    "- GANTRY_URL: must be set, for example to https://gantry.example.com: other names are refused, and links in messages lead there",
  ]);
});

test("a file that is absent, or that everybody may write to, is refused", () => {
  const absent = join(folder, "absent");
  expect(catchError(() => readConfig({ GANTRY_CONFIG_FILE: absent })).message).toContain("there is none");
  const open = write("open.env", "");
  chmodSync(open, 0o666);
  expect(catchError(() => readConfig({ GANTRY_CONFIG_FILE: open })).message).toContain(`chmod o-w ${open}`);
});

test("credentials that are read again while we run stay files, which the environment's win over", () => {
  const file = write(
    "gantry.env",
    "GANTRY_S3_BUCKET=logs\nGANTRY_S3_ACCESS_KEY_ID=id\nGANTRY_S3_SECRET_ACCESS_KEY=hunter2\n",
  );
  const { s3, files, view } = readConfig({ GANTRY_CONFIG_FILE: file, GANTRY_S3_SECRET_ACCESS_KEY_FILE: "/run/key" });
  expect(s3?.credentials).toEqual({ accessKeyId: { value: "id" }, secretAccessKey: { file: "/run/key" } });
  expect(files).toEqual(["/run/key", file]);
  expect(JSON.stringify(view)).not.toContain("hunter2");
});

test("what is wrong with the bucket's variables together is said with the rest", () => {
  const wrong = { GANTRY_BLOBS: "s3", GANTRY_PORT: "many" };
  expect(catchError(() => readConfig(wrong)).message).toMatch(/GANTRY_PORT: must[^]*GANTRY_S3_BUCKET: must name/);
});

test("a variable and its _FILE together are refused", () => {
  const both = { GANTRY_EVENT_SINKS: "file:///a", GANTRY_EVENT_SINKS_FILE: write("sinks", "file:///b") };
  expect(() => readConfig(both)).toThrow(/GANTRY_EVENT_SINKS: is set twice, also by environment/);
});

test.each([
  [{ GANTRY_PROFILE: "server" }, ["GANTRY_DATABASE_URL", "GANTRY_URL"]],
  [{ GANTRY_PROFILE: "server", GANTRY_ROLE: "worker" }, ["GANTRY_DATABASE_URL"]],
  [{ GANTRY_PROFILE: "container", GANTRY_EMBEDDED_POSTGRES: "on" }, ["GANTRY_URL", "GANTRY_KEY_FILE"]],
  [{ GANTRY_PROFILE: "test" }, ["GANTRY_DATA_DIR"]],
  [{ GANTRY_EMBEDDED_POSTGRES: "off" }, ["GANTRY_DATABASE_URL"]],
])("%o must be told %s", (environment, missing) => {
  const error = catchError(() => readConfig(environment)) as ConfigInvalidError;
  expect((error.details["problems"] as { variable: string }[]).map(({ variable }) => variable)).toEqual(missing);
});

test("unknown variables are warned about, with the name that was meant; those of others aren't", () => {
  const { warnings } = readConfig({
    GANTRY_SANDBX: "required",
    GANTRY_WEATHER: "fine",
    GANTRY_KEY: "gantry_x",
    GANTRY_SERVICE_HOST: "10.0.0.1",
    HOME: "/root",
  });
  expect(warnings).toEqual([
    "GANTRY_SANDBX (environment) isn't a variable of Gantry and has no effect. Did you mean GANTRY_SANDBOX?",
    "GANTRY_WEATHER (environment) isn't a variable of Gantry and has no effect.",
  ]);
  const file = write("gantry.env", "HTTPS_PROXY=http://proxy\n");
  expect(readConfig({ GANTRY_CONFIG_FILE: file }).warnings).toEqual([
    `HTTPS_PROXY (${file}:1) isn't a variable of Gantry and has no effect there; set it in the environment.`,
  ]);
});

test("the port that Kubernetes sets for a Service named gantry is explained", () => {
  expect(() => readConfig({ GANTRY_PORT: "tcp://10.0.0.1:80" })).toThrow(/say enableServiceLinks: false/);
});

function catchError(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Nothing was thrown");
}
