import { expect, test } from "vitest";
import { compareTexts, readDiff } from "./lines.ts";

const git = `diff --git a/app/main.ts b/app/main.ts
index 1111111..2222222 100644
--- a/app/main.ts
+++ b/app/main.ts
@@ -1,3 +1,3 @@ function main()
 keep
--- old comment of a Lua file
+new
 keep
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-bye
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
`;

test("a diff of files is read file by file, with what becomes of each", () => {
  expect(readDiff(git).map(({ path, change, added, removed }) => [path, change, added, removed])).toEqual([
    ["app/main.ts", "changed", 1, 1],
    ["new.txt", "added", 1, 0],
    ["gone.txt", "removed", 0, 1],
    ["old name.txt → new name.txt", "renamed", 0, 0],
  ]);
});

test("a removed line that looks like the head of a file is a removed line", () => {
  expect(readDiff(git)[0]?.lines.filter(({ change }) => change === "removed")).toEqual([
    { change: "removed", text: "-- old comment of a Lua file" },
  ]);
});

test("a diff without git's heads is read, too", () => {
  const files = readDiff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-3\n+4\n");
  expect(files.map(({ path, lines }) => [path, lines.length])).toEqual([
    ["x", 3],
    ["y", 3],
  ]);
});

test("any other text is one piece, its lines told by how they begin", () => {
  expect(readDiff("+ one\n- two\nthree")).toMatchObject([
    {
      path: null,
      added: 1,
      removed: 1,
      lines: [{ text: " one" }, { text: " two" }, { change: "same", text: "three" }],
    },
  ]);
});

test("two texts are compared line by line, and rebuilt from what is said", () => {
  const [before, after] = ["a\nb\nc\nd\n", "a\nc\nx\nd\n"];
  const lines = compareTexts(before, after);
  const side = (gone: string) =>
    lines
      .filter(({ change }) => change !== gone)
      .map(({ text }) => `${text}\n`)
      .join("");
  expect([side("added"), side("removed")]).toEqual([before, after]);
  expect(lines.filter(({ change }) => change !== "same")).toHaveLength(2);
});
