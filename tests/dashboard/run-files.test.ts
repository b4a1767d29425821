import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { JsonObject } from "@gantry/sdk";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";

/** What a tool may call its files, what they hold, and what becomes of the name on the screen and on the reader's disk. */
const files = [
  {
    name: "plan.txt",
    contentType: "text/plain",
    content: Buffer.from("+ bucket logs\n"),
    shown: "plan.txt",
    kept: "plan.txt",
  },
  {
    name: "shot.png",
    contentType: "image/png",
    content: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0xff, 0xfe, 0x80]),
    shown: "shot.png",
    kept: "shot.png",
  },
  {
    name: "<img src=x onerror=document.title='owned'>.html",
    contentType: "text/html; <script>document.title='owned'</script>",
    content: Buffer.from("<script>document.title='owned'</script>"),
    shown: "<img src=x onerror=document.title='owned'>.html",
    kept: "_img_src_x_onerror_document.title_owned_.html",
  },
  {
    name: "../../etc/passwd",
    contentType: "application/octet-stream",
    content: Buffer.from("root"),
    shown: "../../etc/passwd",
    kept: "_.._etc_passwd",
  },
  {
    name: "invoice\u202Efdp.exe",
    contentType: "application/pdf",
    content: Buffer.from("MZ"),
    shown: "invoice⟨U+202E⟩fdp.exe",
    kept: "invoice_U_202E_fdp.exe",
  },
  {
    name: "\u001b[31mred\u001b]8;;javascript:alert(1)\u0007",
    contentType: "text/plain",
    content: Buffer.from("\u001b[31mred"),
    shown: "red",
    // The browser says what it is.
    kept: "red.txt",
  },
] as const;

let dashboard: TestDashboard;
let viewer: Visitor;
let run: string;

beforeAll(async () => {
  let output: JsonObject = {};
  dashboard = await startTestDashboard({ tools: [{ name: "test.look", run: () => output }] });
  const { api, client } = dashboard;
  const kept = await Promise.all(
    files.map(async ({ name, contentType, content }, index) => {
      const { digest } = await api.blobs.put(api.org, content, { purpose: "artifact" });
      return [`file${index}`, { $artifact: digest, name, bytes: content.length, contentType }] as const;
    }),
  );
  output = Object.fromEntries(kept);
  await api.engine.startWorker();
  ({ id: run } = await client.runs.create({ runbook: "test.look", environment: "dev" }));
  await api.engine.reaches(run, "succeeded");
  viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const list = (page: Page) => page.getByRole("list", { name: "Files that its steps kept" });

test("files are listed by name, size, type and step; what a tool calls them is inert text", async () => {
  for (const size of ["desktop", "phone"] as const) {
    const page = await viewer.open(`/runs/${run}?tab=artifacts`, { size });
    await list(page).getByText("plan.txt").waitFor();
    const items = await list(page).getByRole("listitem").allInnerTexts();
    expect(items).toHaveLength(files.length);
    for (const [index, { shown }] of files.entries()) expect(items[index]).toContain(shown);
    expect(items[0]).toMatch(/14 B · text\/plain · Step look/);
    expect(await list(page).locator("img, script, a").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
    if (size === "phone") await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "run-files");
    await page.close();
  }
});

test("each is downloaded byte by byte, under a name that is no path and hides nothing", async () => {
  const page = await viewer.open(`/runs/${run}?tab=artifacts`);
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  for (const { shown, kept, content } of files) {
    const downloads = page.waitForEvent("download");
    await page.getByRole("button", { name: `Download ${shown}`, exact: true }).click();
    const file = await downloads;
    expect(file.suggestedFilename()).toBe(kept);
    expect(sha256(await buffer(await file.createReadStream()))).toBe(sha256(content));
  }
  expect(await page.title()).not.toBe("owned");
  expect(new URL(page.url()).pathname).toBe(`/runs/${run}`);
  await page.close();
});

test("text is looked at in place, as inert as in the log; what is no text says so", async () => {
  const page = await viewer.open(`/runs/${run}?tab=artifacts`, { size: "phone" });
  const dialog = page.getByRole("dialog");
  const content = dialog.getByRole("region", { name: "What it holds" });
  const look = async (name: string): Promise<void> => {
    await page.getByRole("button", { name: `Look at ${name}`, exact: true }).click();
    await dialog.getByRole("heading", { name }).waitFor();
  };
  await look("plan.txt");
  await content.getByText("+ bucket logs").waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await look(files[2].shown);
  await content.getByText("<script>document.title='owned'</script>").waitFor();
  expect(await content.locator("script").count()).toBe(0);
  expect(await page.title()).not.toBe("owned");
  await page.keyboard.press("Escape");
  await look("red");
  expect(await content.innerText()).toBe("red\n");
  await page.keyboard.press("Escape");
  await look("shot.png");
  await dialog.getByText("This isn't text").waitFor();
  await picture(page, "run-file");
  await page.close();
});

test("a run without files says so, and one that went in the meantime is told with what to name", async () => {
  const { api, client } = dashboard;
  // A browser that hasn't kept it: what a digest names never changes.
  const page = await viewer.open(`/runs/${run}?tab=artifacts`, { size: "tablet" });
  await list(page).getByText("plan.txt").waitFor();
  await api.engine.admin.query("UPDATE events SET data = '{}' WHERE run_id = $1 AND data::text LIKE '%$artifact%'", [
    run,
  ]);
  await page.getByRole("button", { name: "Download plan.txt" }).click();
  await page.getByRole("alert").getByText("not_found").waitFor();
  await page.close();
  expect(await client.runs.artifacts(run)).toMatchObject({ items: [] });
  const empty = await viewer.open(`/runs/${run}?tab=artifacts`);
  await empty.getByText("No step kept a file.").waitFor();
  await empty.close();
});
