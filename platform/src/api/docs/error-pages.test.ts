import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readErrorCatalogue, renderErrorReference } from "./error-catalogue.ts";

const root = join(import.meta.dirname, "../../../..");
const errors = await readErrorCatalogue(root);
const pages = await readPages();

test("every error code has a page that says what to do, and every page belongs to a code", () => {
  expect([...pages.keys()].toSorted()).toEqual(errors.map(({ code }) => code));
  for (const [code, text] of pages) {
    expect(text).toMatch(new RegExp(`^# ${code}\\n\\n[^]+\\*\\*What to do\\.\\*\\* .{5,}`));
  }
});

test("the page of errors lists every code with what its class says of it", async () => {
  const sentences = new Map([...pages].map(([code, text]) => [code, firstSentence(text)]));
  const page = renderErrorReference(errors, sentences);
  await expect(page).toMatchFileSnapshot("../../../../docs/reference/errors.md");
});

test("the catalogue knows what a class inherits, and leaves open what only the situation tells", () => {
  const of = (wanted: string) => errors.find(({ code }) => code === wanted);
  expect(of("rate_limited")).toMatchObject({ places: ["API"], status: 429, fault: "user", retryable: true });
  expect(of("database_unreachable")).toMatchObject({ fault: "operational", status: null });
  expect(of("requester_cannot_approve")).toMatchObject({ places: ["API"], status: 403 });
  expect(of("terraform_plan_stale")).toMatchObject({ places: ["agent terraform"], status: null });
});

async function readPages(): Promise<Map<string, string>> {
  const folder = join(root, "docs/errors");
  const names = (await readdir(folder)).map((file) => file.replace(/\.md$/, ""));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, `${name}.md`), "utf8")] as const)),
  );
}

function firstSentence(page: string): string {
  const paragraph = page.split("\n\n")[1] ?? "";
  return (/^.*?\.(?=\s|$)/.exec(paragraph.replaceAll("\n", " "))?.[0] ?? paragraph).replaceAll("|", "\\|");
}
