import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireKey, resolveConfig, type Flags } from "./config.ts";
import { KeyMissingError } from "./errors.ts";

let home: string;
let environment: Record<string, string>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "gantry-config-"));
  environment = { HOME: home };
});
afterEach(() => rm(home, { recursive: true, force: true }));

const read = (flags: Flags = {}, cwd = home) => resolveConfig(flags, environment, cwd);

async function write(file: string, value: unknown): Promise<void> {
  await mkdir(join(home, file, ".."), { recursive: true });
  await writeFile(join(home, file), typeof value === "string" ? value : JSON.stringify(value));
}

const localServer = async (url = "http://127.0.0.1:4999") => {
  await write(".local/share/gantry/server.json", { url });
  await write(".local/share/gantry/administrator-key", "gantry_local\n");
};

test("with nothing said a server on this machine is looked for, and its key used", async () => {
  expect(read()).toMatchObject({
    url: { value: "http://127.0.0.1:4680" },
    key: undefined,
    project: { value: "default" },
  });
  await localServer();
  expect(read()).toMatchObject({ url: { value: "http://127.0.0.1:4999" }, key: { value: "gantry_local" } });
});

test("another data directory is another server", async () => {
  await write("elsewhere/server.json", { url: "http://127.0.0.1:5000" });
  environment["GANTRY_DATA_DIR"] = join(home, "elsewhere");
  expect(read()).toMatchObject({ url: { value: "http://127.0.0.1:5000" } });
  expect(read({ dataDir: "." })).toMatchObject({ url: { value: "http://127.0.0.1:4680" }, dataDir: { value: home } });
});

test("flag wins over environment over the user's file over the local server, and each says where it came from", async () => {
  await localServer();
  await write(".config/gantry/config.json", { url: "https://gantry.example", key: "gantry_user" });
  expect(read()).toMatchObject({ url: { value: "https://gantry.example" }, key: { value: "gantry_user" } });
  environment["GANTRY_URL"] = "http://10.0.0.1";
  environment["GANTRY_KEY"] = "gantry_env";
  expect(read()).toMatchObject({
    url: { value: "http://10.0.0.1", origin: "GANTRY_URL" },
    key: { origin: "GANTRY_KEY" },
  });
  expect(read({ url: "http://10.0.0.2", key: "gantry_flag" })).toMatchObject({
    url: { value: "http://10.0.0.2", origin: "--url" },
    key: { value: "gantry_flag", origin: "--key" },
  });
});

test("a key that was kept for one server is never used for another", async () => {
  await localServer();
  await write(".config/gantry/config.json", { url: "https://gantry.example", key: "gantry_user" });
  expect(read({ url: "https://evil.example" }).key).toBeUndefined();
  environment["GANTRY_URL"] = "https://evil.example";
  expect(read().key).toBeUndefined();
  expect(() => requireKey(read())).toThrow(KeyMissingError);
});

test("a project's file names project and environment, from any folder in it, and no server", async () => {
  await write("repository/.gantry.json", { project: "shop", environment: "staging" });
  await mkdir(join(home, "repository/a/b"), { recursive: true });
  const config = read({}, join(home, "repository/a/b"));
  expect(config).toMatchObject({ project: { value: "shop" }, environment: { value: "staging" } });
  expect(read({ project: "other" }, join(home, "repository")).project.value).toBe("other");
  await write("repository/.gantry.json", { url: "https://evil.example" });
  expect(() => read({}, join(home, "repository"))).toThrow(/isn't a configuration of Gantry.*url/);
});

test("a file that isn't JSON is named", async () => {
  await write(".config/gantry/config.json", "{");
  expect(() => read()).toThrow(/config\.json isn't a configuration of Gantry: it isn't JSON/);
});

test.each(["localhost:4680", "ftp://host", "", "not a url"])("%j isn't a server's address", (url) => {
  if (url === "") environment["GANTRY_URL"] = url;
  expect(() => read(url === "" ? { url: " " } : { url })).toThrow(/isn't the address of a server/);
});

test.each([
  [{}, undefined, "auto"],
  [{ NO_COLOR: "1" }, undefined, "never"],
  [{ NO_COLOR: "" }, undefined, "auto"],
  [{ FORCE_COLOR: "1" }, undefined, "always"],
  [{ FORCE_COLOR: "0" }, undefined, "never"],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, undefined, "always"],
  [{ FORCE_COLOR: "1" }, false, "never"],
])("colour with %o and --no-color %s is %s", (variables, color, expected) => {
  Object.assign(environment, variables);
  expect(read({ color }).color).toBe(expected);
});

test.each([
  [{}, false],
  [{ CI: "true" }, true],
  [{ CI: "false" }, false],
])("CI with %o is %s", (variables, ci) => {
  Object.assign(environment, variables);
  expect(read().ci).toBe(ci);
});

test.each([
  [{}, undefined],
  [{ COLUMNS: "60" }, 60],
  [{ COLUMNS: "0" }, undefined],
  [{ COLUMNS: "wide" }, undefined],
])("texts with %o are %s columns wide in a pipe", (variables, columns) => {
  Object.assign(environment, variables);
  expect(read().columns).toBe(columns);
});
