import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";

const password = "crimson otter paints seven kites";
let api: TestApi;
let browser: Browser;
let site = "";

beforeAll(async () => {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((one) => existsSync(one));
  if (executablePath === undefined) throw new Error("The tests of passkeys need Debian's package chromium.");
  [api, browser] = await Promise.all([
    startTestApi(),
    chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] }),
  ]);
  // Passkeys belong to a name, not to an address.
  site = api.url.replace("127.0.0.1", "localhost");
}, 120_000);
afterAll(async () => {
  await browser.close();
  await api[Symbol.asyncDispose]();
});

/** A device with a key inside, which asks who is there, or doesn't. */
async function plugIn(page: Page, isUserVerified: boolean): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  });
}

test("a person joins, adds a passkey and signs in with it alone, which proves two factors", async () => {
  await api.client.invitations.create({ email: "keyholder@example.com" });
  const link = api.mails.at(-1)?.link ?? "";
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await plugIn(page, true);
  await page.goto(link);
  await page.getByLabel("Your name").fill("Key holder");
  await page.getByLabel("Choose a password").fill(password);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByText("Welcome. You are a member now.").waitFor();

  await page.getByLabel("Name of a new one").fill("Laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("The passkey is added.").waitFor();
  expect(await page.getByText("Laptop", { exact: true }).count()).toBe(1);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(`${site}/account`);
  const me = (await page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")) as {
    credential: { kind: string; mfaAt: string | null };
  };
  expect(me.credential.kind).toBe("session");
  expect(me.credential.mfaAt).not.toBeNull();
  // Nothing that the pages' policy refuses.
  expect(complaints).toEqual([]);
  await page.context().close();
});
