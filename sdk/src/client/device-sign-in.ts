import { z } from "zod";
import { GantryError } from "../errors.ts";
import { ConnectionFailedError } from "./errors.ts";
import { pause } from "./retry.ts";

/** What a person needs to let this program in. */
export interface DeviceCode {
  url: string;
  /** With the code in it. */
  urlWithCode: string;
  code: string;
  expiresAt: number;
}

export interface DeviceSignInOptions {
  /** Of the server. */
  url: string;
  userAgent: string;
  /** Tells the person; the sign-in waits meanwhile. */
  onCode(code: DeviceCode): void;
  /** Unix milliseconds. */
  now(): number;
  signal?: AbortSignal;
}

/** The person said no, or nothing for too long. */
export class DeviceSignInRefusedError extends GantryError {
  readonly code = "device_sign_in_refused";
  constructor(why: string) {
    super(`This program was not signed in: ${why} Ask again with \`gantry login\`.`);
  }
}

const Code = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number(),
  interval: z.number(),
});
const Token = z.object({ access_token: z.string() });
const Refusal = z.object({ error: z.string() });

/**
 * RFC 8628: signs a program in as a person who allows that in a browser, on whatever machine. Returns what goes where a key would.
 * @throws DeviceSignInRefusedError, ConnectionFailedError
 */
export async function signInByDevice(options: DeviceSignInOptions): Promise<string> {
  const client = { client_id: "gantry-cli" };
  const { device_code, ...asked } = Code.parse((await post(options, "code", client)).body);
  const expiresAt = options.now() + asked.expires_in * 1_000;
  options.onCode({
    url: asked.verification_uri,
    urlWithCode: asked.verification_uri_complete,
    code: asked.user_code,
    expiresAt,
  });
  const body = { ...client, device_code, grant_type: "urn:ietf:params:oauth:grant-type:device_code" };
  for (let waitMs = asked.interval * 1_000; options.now() < expiresAt;) {
    await pause(waitMs, options.signal);
    const answer = await post(options, "token", body);
    if (answer.ok) return Token.parse(answer.body).access_token;
    const { error } = Refusal.parse(answer.body);
    if (error === "slow_down") waitMs += 5_000;
    else if (error === "access_denied") throw new DeviceSignInRefusedError("it was refused in the browser.");
    else if (error !== "authorization_pending") break;
  }
  throw new DeviceSignInRefusedError("nobody allowed it in time.");
}

async function post(
  { url, userAgent, signal }: DeviceSignInOptions,
  path: string,
  body: object,
): Promise<{ ok: boolean; body: unknown }> {
  const response = await fetch(new URL(`/api/v1/auth/device/${path}`, url), {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": userAgent },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  }).catch((cause: unknown) => {
    throw new ConnectionFailedError(url, cause);
  });
  return { ok: response.ok, body: await response.json() };
}
