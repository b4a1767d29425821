import { isIP } from "node:net";
import { z } from "zod";

/** The variables about how the API is reached, and how often. */
export const reachVariables = {
  GANTRY_TLS_CERTIFICATE: z
    .string()
    .optional()
    .describe(
      "File with the server's certificate and those between it and its authority (PEM): the API then speaks TLS by itself. It is read again when it changes, and on SIGHUP.",
    ),
  GANTRY_TLS_KEY: z.string().optional().describe("File with the certificate's private key (PEM, not encrypted)."),
  GANTRY_TRUSTED_PROXIES: listed(isRange, "must be addresses and ranges such as 10.0.0.5,10.1.0.0/16").describe(
    "Addresses and ranges (`10.0.0.5,10.1.0.0/16`) of the proxies before the API, with commas between them: `X-Forwarded-For`, `-Proto` and `-Host` are believed from them, and from nobody else.",
  ),
  GANTRY_CORS_ORIGINS: listed(isOrigin, "must be origins such as https://dashboard.example.com").describe(
    "Origins (`https://dashboard.example.com`) of pages that may call the API from a browser, exactly as browsers send them, with commas between them.",
  ),
  GANTRY_REQUESTS_PER_MINUTE: wholeNumber(1, 100_000_000)
    .default(60_000)
    .describe("Requests that a key, or a session, may send a minute, to all servers of the installation together."),
  GANTRY_ADDRESS_REQUESTS_PER_MINUTE: wholeNumber(1, 100_000_000)
    .default(600)
    .describe(
      "Requests without a key that an address may send a minute, and as many with wrong ones; of IPv6 its /64.",
    ),
  GANTRY_SIGN_INS_PER_MINUTE: wholeNumber(1, 100_000_000)
    .default(60)
    .describe("Forms of sign-in (passwords, codes, passkeys) that an address may send a minute."),
};

export type ReachVariables = z.output<z.ZodObject<typeof reachVariables>>;

export interface Reach {
  /** Undefined: the API speaks plain HTTP. */
  tls: { certificateFile: string; keyFile: string } | undefined;
  trustedProxies: readonly string[];
  corsOrigins: readonly string[];
  requestsPerMinute: number;
  addressRequestsPerMinute: number;
  signInsPerMinute: number;
}

export function reachOf(variables: ReachVariables): Reach {
  const { GANTRY_TLS_CERTIFICATE: certificateFile, GANTRY_TLS_KEY: keyFile } = variables;
  return {
    tls: certificateFile === undefined || keyFile === undefined ? undefined : { certificateFile, keyFile },
    trustedProxies: partsOf(variables.GANTRY_TRUSTED_PROXIES),
    corsOrigins: partsOf(variables.GANTRY_CORS_ORIGINS),
    requestsPerMinute: variables.GANTRY_REQUESTS_PER_MINUTE,
    addressRequestsPerMinute: variables.GANTRY_ADDRESS_REQUESTS_PER_MINUTE,
    signInsPerMinute: variables.GANTRY_SIGN_INS_PER_MINUTE,
  };
}

/** What of them is wrong together. */
export function reachProblems(
  variables: Partial<Record<string, string>>,
): { variable: "GANTRY_TLS_CERTIFICATE" | "GANTRY_TLS_KEY"; problem: string }[] {
  const { GANTRY_TLS_CERTIFICATE: certificate, GANTRY_TLS_KEY: key, GANTRY_URL: url } = variables;
  if (certificate === undefined && key !== undefined)
    return [{ variable: "GANTRY_TLS_CERTIFICATE", problem: "must be set, too, because GANTRY_TLS_KEY is" }];
  if (certificate === undefined) return [];
  if (key === undefined)
    return [{ variable: "GANTRY_TLS_KEY", problem: "must be set, too, because GANTRY_TLS_CERTIFICATE is" }];
  if (url?.startsWith("http:") === true)
    return [
      { variable: "GANTRY_TLS_CERTIFICATE", problem: "makes the API speak TLS, but GANTRY_URL begins with http:" },
    ];
  return [];
}

function listed(fits: (part: string) => boolean, error: string) {
  return z
    .string()
    .default("")
    .refine((text) => partsOf(text).every(fits), error);
}

function partsOf(text: string): string[] {
  return text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
}

/** No range that is everybody: who trusts that trusts what anybody writes into a header. */
function isRange(part: string): boolean {
  const [address = "", bits, ...more] = part.split("/");
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return most > 0 && more.length === 0 && (bits === undefined || (/^[1-9]\d*$/.test(bits) && Number(bits) <= most));
}

function isOrigin(part: string): boolean {
  return URL.canParse(part) && new URL(part).origin === part && /^https?:/.test(part);
}

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int(error).min(min, error).max(max, error);
}
