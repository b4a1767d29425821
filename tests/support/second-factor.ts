import { base32 } from "@better-auth/utils/base32";
import { createOTP } from "@better-auth/utils/otp";
import type { Page } from "playwright-core";
import type { BrowserSession } from "./browser-session.ts";

/** A device with a key inside, which asks who is there, or doesn't. */
export async function plugIn(page: Page, isUserVerified = true): Promise<void> {
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

export interface Authenticator {
  /** What the app shows now. Each code counts once, so a test that needs two forgets the first: see `forgetCodes`. */
  code(): Promise<string>;
  recovery: string[];
}

/** Sets an authenticator app up for whoever is signed in there, as people do on their account's page. */
export async function addAuthenticator(browser: BrowserSession, password: string): Promise<Authenticator> {
  const page = await browser.post("/account/codes", { password });
  const secret = /<p class="codes">([A-Z2-7 ]+)<\/p>/.exec(page.text)?.[1]?.replaceAll(" ", "") ?? "";
  const recovery = [...page.text.matchAll(/<li>([^<]+)<\/li>/g)].map(([, code = ""]) => code);
  const otp = createOTP(new TextDecoder().decode(base32.decode(secret)), { period: 30, digits: 6 });
  const confirmed = await browser.post("/account/codes/confirm", { code: await otp.totp() });
  if (confirmed.location !== "/account?done=codes") throw new Error(`No authenticator was added: ${confirmed.text}`);
  return { code: () => otp.totp(), recovery };
}

/** As if half a minute had passed: codes that were used count again. */
export async function forgetCodes(admin: { query(text: string): Promise<unknown> }): Promise<void> {
  await admin.query("DELETE FROM auth.used_codes");
}
