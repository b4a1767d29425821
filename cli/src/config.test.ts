import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireKey, resolveConfig, type Flags } from "./config.ts";
import { wordsOf } from "./config/key.ts";
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
  await writeFile(join(home, file), typeof value === "string" ? value : JSON.stringify(value), { mode: 0o600 });
}

const userFile = ".config/gantry/config.json";
const prod = { url: "https://gantry.example", key: "gantry_prod", project: "shop", environment: "prod" };
const keyOf = (flags: Flags = {}, cwd = home) => read(flags, cwd).key?.read();

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
  expect(read()).toMatchObject({ url: { value: "http://127.0.0.1:4999" }, named: false });
  expect(keyOf()).toBe("gantry_local");
});

test("another data directory is another server", async () => {
  await write("elsewhere/server.json", { url: "http://127.0.0.1:5000" });
  environment["GANTRY_DATA_DIR"] = join(home, "elsewhere");
  expect(read()).toMatchObject({ url: { value: "http://127.0.0.1:5000" } });
  expect(read({ dataDir: "." })).toMatchObject({ url: { value: "http://127.0.0.1:4680" }, dataDir: { value: home } });
});

test("flag wins over environment over the context in use over the local server, and each says where it came from", async () => {
  await localServer();
  await write(userFile, { current: "prod", contexts: { prod } });
  expect(read()).toMatchObject({ url: { value: prod.url, origin: "context prod" }, named: true });
  expect(keyOf()).toBe("gantry_prod");
  environment["GANTRY_URL"] = "http://10.0.0.1";
  environment["GANTRY_KEY"] = "gantry_env";
  expect(read()).toMatchObject({
    url: { value: "http://10.0.0.1", origin: "GANTRY_URL" },
    key: { origin: "GANTRY_KEY" },
    environment: { value: "prod", origin: "context prod" },
  });
  expect(read({ url: "http://10.0.0.2", key: "gantry_flag" })).toMatchObject({
    url: { value: "http://10.0.0.2", origin: "--url" },
    key: { origin: "--key" },
  });
});

test("a context ranks where it was named: by a flag above the environment, in the file below the project's", async () => {
  const stage = { url: "https://stage.example", key: "gantry_stage", environment: "staging" };
  await write(userFile, { current: "prod", contexts: { prod, stage } });
  await write("repository/.gantry.json", { environment: "dev" });
  const repository = join(home, "repository");
  expect(read({}, repository)).toMatchObject({ context: { value: "prod" }, environment: { value: "dev" } });
  environment["GANTRY_CONTEXT"] = "stage";
  expect(read({}, repository)).toMatchObject({ url: { value: stage.url }, environment: { value: "staging" } });
  Object.assign(environment, { GANTRY_URL: "http://10.0.0.1", GANTRY_KEY: "gantry_env", GANTRY_ENVIRONMENT: "env" });
  expect(read({}, repository)).toMatchObject({ url: { origin: "GANTRY_URL" }, environment: { value: "env" } });
  expect(read({ context: "prod" }, repository)).toMatchObject({
    url: { value: prod.url },
    environment: { value: "prod" },
  });
  expect(keyOf({ context: "prod" }, repository)).toBe("gantry_prod");
  expect(read({ context: "prod", environment: "x" }).environment).toEqual({ value: "x", origin: "--environment" });
});

test("the context local is the server on this machine, also where another is in use", async () => {
  await localServer();
  await write(userFile, { current: "prod", contexts: { prod, local: { project: "mine" } } });
  environment["GANTRY_URL"] = "http://10.0.0.1";
  expect(read({ context: "local" })).toMatchObject({
    url: { value: "http://127.0.0.1:4999" },
    project: { value: "mine", origin: "context local" },
  });
  expect(keyOf({ context: "local" })).toBe("gantry_local");
});

test.each(["constructor", "gone"])(
  "the context %s that isn't there is an error that names those that are",
  async (name) => {
    await write(userFile, { contexts: { prod } });
    expect(() => read({ context: name })).toThrow(/There is no context .*there is local, prod/);
  },
);

test("a key that was kept for one server is never used for another", async () => {
  await localServer();
  await write(userFile, { current: "prod", contexts: { prod } });
  expect(read({ url: "https://evil.example" }).key).toBeUndefined();
  expect(read({ context: "prod", url: "https://evil.example" }).key).toBeUndefined();
  environment["GANTRY_URL"] = "https://evil.example";
  expect(read().key).toBeUndefined();
  expect(() => requireKey(read())).toThrow(KeyMissingError);
});

test("a key comes from a file or a command, which is run without a shell and only when a key is needed", async () => {
  await write("key", "gantry_file\n");
  const ran = join(home, "ran");
  const command = [
    process.execPath,
    "-e",
    `require("fs").writeFileSync(${JSON.stringify(ran)}, ""); console.log("$HOME")`,
  ];
  await write(userFile, {
    contexts: { file: { url: prod.url, keyFile: join(home, "key") }, command: { url: prod.url, keyCommand: command } },
  });
  expect(keyOf({ context: "file" })).toBe("gantry_file");
  const { key } = read({ context: "command" });
  expect(existsSync(ran)).toBe(false);
  expect(key?.read()).toBe("$HOME");
});

test("a command for the key that fails is named, and what it printed isn't", async () => {
  const keyCommand = [process.execPath, "-e", `console.log("gantry_secret"); process.exit(3)`];
  await write(userFile, { current: "a", contexts: { a: { url: prod.url, keyCommand } } });
  expect(() => requireKey(read())).toThrow(/it exited with 3\.$/);
  expect(() => requireKey(read())).not.toThrow(/gantry_secret/);
});

test("a file with a key that others may read is refused", async () => {
  await write(userFile, { contexts: { prod } });
  await chmod(join(home, userFile), 0o644);
  expect(() => read()).toThrow(/holds a key.*chmod 600/);
  await write(userFile, { contexts: { prod: { url: prod.url } } });
  expect(read().url.value).toBe("http://127.0.0.1:4680");
});

test("a project's file names project and environment, from any folder in it, and no server", async () => {
  await write("repository/.gantry.json", { project: "shop", environment: "staging" });
  await mkdir(join(home, "repository/a/b"), { recursive: true });
  const config = read({}, join(home, "repository/a/b"));
  expect(config).toMatchObject({ project: { value: "shop" }, environment: { value: "staging" } });
  expect(read({ project: "other" }, join(home, "repository")).project.value).toBe("other");
  for (const name of ["url", "context", "key", "keyCommand"]) {
    await write("repository/.gantry.json", { [name]: "https://evil.example" });
    expect(() => read({}, join(home, "repository"))).toThrow(new RegExp(`isn't a configuration of Gantry.*${name}`));
  }
});

test("a file that isn't JSON is named", async () => {
  await write(".config/gantry/config.json", "{");
  expect(() => read()).toThrow(/config\.json isn't a configuration of Gantry: it isn't JSON/);
});

test.each([
  ["op read op://team/key", ["op", "read", "op://team/key"]],
  [`  pass show "my key"  `, ["pass", "show", "my key"]],
  [`a'b c'"d" ''`, ["ab cd", ""]],
  [`$(x) *`, ["$(x)", "*"]],
  ["", []],
  [`a "b`, undefined],
])("%j as words is %j", (command, words) => {
  expect(wordsOf(command)).toEqual(words);
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

test("a context's authority vouches for its own server only, and a variable for whatever is called", async () => {
  await write(userFile, { current: "prod", contexts: { prod: { ...prod, caFile: "/etc/our-ca.pem" } } });
  expect(read().caFile).toBe("/etc/our-ca.pem");
  expect(read({ url: "https://elsewhere.example.com" }).caFile).toBeUndefined();
  environment["GANTRY_CA_FILE"] = "/tmp/ca.pem";
  expect(read().caFile).toBe("/tmp/ca.pem");
});
