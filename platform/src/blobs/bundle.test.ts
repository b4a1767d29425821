import { createHash } from "node:crypto";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack as createPack, type Headers } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BundleRejectedError } from "./errors.ts";
import { packDirectory } from "./pack.ts";
import { unpackDirectory } from "./unpack.ts";

let folder: string;
let source: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-bundle-"));
  source = join(folder, "source");
  target = join(folder, "target");
  await mkdir(source);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("files, folders, links and what is executable come back, large, empty and long-named ones too", async () => {
  const large = Buffer.alloc(3_000_001, "provider");
  const long = `${"a".repeat(120)}/${"ü".repeat(60)}.tf`;
  await write("main.tf", "resource");
  await write("bin/tool", "#!/bin/sh\n", 0o750);
  await write("large", large);
  await write("empty", "");
  await write(long, "deep");
  await mkdir(join(source, "folder"));
  await symlink("../main.tf", join(source, "bin/link"));
  await symlink("nowhere", join(source, "dangling"));
  await unpackDirectory(packDirectory(source), target);
  expect(await readFile(join(target, "main.tf"), "utf8")).toBe("resource");
  expect((await readFile(join(target, "large"))).equals(large)).toBe(true);
  expect(await readFile(join(target, "empty"), "utf8")).toBe("");
  expect(await readFile(join(target, long), "utf8")).toBe("deep");
  expect((await lstat(join(target, "bin/tool"))).mode & 0o100).toBe(0o100);
  expect((await lstat(join(target, "main.tf"))).mode & 0o111).toBe(0);
  expect((await lstat(join(target, "folder"))).isDirectory()).toBe(true);
  expect(await readlink(join(target, "bin/link"))).toBe("../main.tf");
  expect(await readlink(join(target, "dangling"))).toBe("nowhere");
  expect(await digest(target)).toBe(await digest(source));
});

test("the digest depends on names, contents and executability, not on times, order or other mode bits", async () => {
  await write("b", "2", 0o600);
  await write("a", "1", 0o644);
  const before = await digest(source);
  await chmod(join(source, "b"), 0o664);
  await utimes(join(source, "a"), 1, 1);
  await rm(join(source, "a"));
  await write("a", "1", 0o640);
  expect(await digest(source)).toBe(before);
  await chmod(join(source, "a"), 0o740);
  const executable = await digest(source);
  expect(executable).not.toBe(before);
  await write("a", "2", 0o740);
  expect(await digest(source)).not.toBe(executable);
});

test("include and exclude choose what is packed", async () => {
  for (const path of ["main.tf", "notes.md", "modules/net/main.tf", ".terraform/providers/x", "modules/net/x.log"]) {
    await write(path, path);
  }
  await unpackDirectory(packDirectory(source, { exclude: [".terraform", "**/*.log"] }), target);
  expect(await files(target)).toEqual(["main.tf", "modules/net/main.tf", "notes.md"]);
  await unpackDirectory(packDirectory(source, { include: ["*.tf", "modules/**"] }), join(folder, "second"));
  expect(await files(join(folder, "second"))).toEqual(["main.tf", "modules/net/main.tf", "modules/net/x.log"]);
});

test("a directory with a link that leaves it, or with a socket, isn't packed", async () => {
  for (const leads of ["/etc/passwd", "../outside", "folder/../../outside", "folder/.."]) {
    await symlink(leads, join(source, "link"));
    await expect(digest(source)).rejects.toThrow(BundleRejectedError);
    await rm(join(source, "link"));
  }
  const server = createServer().listen(join(source, "socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  await expect(digest(source)).rejects.toThrow(BundleRejectedError);
  server.close();
});

test("an archive that reaches out of the directory is refused and leaves nothing", async () => {
  const file = (name: string): Headers => ({ name });
  const link = (name: string, linkname: string): Headers => ({ name, type: "symlink", linkname });
  const hostile: Headers[][] = [
    [file("/etc/x")],
    [file("../x")],
    [file("a/../../x")],
    [file("./x")],
    [file("a//x")],
    [link("a", "/etc")],
    [link("a", "..")],
    [link("a/b", "../..")],
    [link("a", "b/../..")],
    [link("a", "")],
    // A link first, then a file through it; and two links that lead out together.
    [link("a", "b"), file("a/x")],
    [link("d", "."), link("x/e", "../d/../outside")],
    [link("a", "b"), link("a/c", "../x")],
    [{ name: "a", type: "link", linkname: "/etc/passwd" }],
    [{ name: "a", type: "character-device", devmajor: 1, devminor: 3 }],
    [{ name: "a", type: "fifo" }],
    [file("a"), file("a")],
    [file("a"), file("a/b")],
    [link("a", "b"), link("a", "c")],
    [file("a"), link("a", "c")],
  ];
  for (const entries of hostile) {
    const archive = archiveOf([{ name: "ok" }, ...entries]);
    await expect(unpackDirectory(archive, target)).rejects.toThrow(BundleRejectedError);
    expect(await readdir(target)).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(["source", "target"]);
  }
});

test("limits on entries and bytes hold when packing and when unpacking", async () => {
  await write("a", "12345");
  await write("b", "12345");
  for (const limits of [{ maxEntries: 1 }, { maxBytes: 9 }]) {
    await expect(digest(source, limits)).rejects.toThrow(BundleRejectedError);
    await expect(unpackDirectory(packDirectory(source), target, limits)).rejects.toThrow(BundleRejectedError);
    expect(await readdir(target)).toEqual([]);
  }
});

test("an archive that is cut short is refused, and one isn't unpacked over other files", async () => {
  await write("a", "x".repeat(5000));
  const whole: Uint8Array[] = [];
  for await (const bytes of packDirectory(source)) whole.push(bytes);
  const cut = async function* () {
    yield Buffer.concat(whole).subarray(0, 3000);
  };
  await expect(unpackDirectory(cut(), target)).rejects.toThrow("cut short");
  expect(await readdir(target)).toEqual([]);
  await expect(unpackDirectory(packDirectory(source), source)).rejects.toThrow("isn't empty");
  expect(await readdir(source)).toEqual(["a"]);
});

test("a source that fails fails the unpacking", async () => {
  const failing = async function* () {
    yield Buffer.alloc(512);
    throw new Error("connection lost");
  };
  await expect(unpackDirectory(failing(), target)).rejects.toThrow("connection lost");
});

async function write(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  const absolute = join(source, path);
  await mkdir(join(absolute, ".."), { recursive: true });
  await writeFile(absolute, content);
  await chmod(absolute, mode);
}

async function digest(directory: string, limits = {}): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of packDirectory(directory, { limits })) hash.update(bytes);
  return hash.digest("hex");
}

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

async function* archiveOf(entries: Headers[]): AsyncGenerator<Uint8Array> {
  const pack = createPack();
  for (const header of entries) pack.entry(header, "");
  pack.finalize();
  for await (const bytes of pack) yield bytes;
}
