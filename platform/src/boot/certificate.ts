import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { GantryError } from "@gantry/sdk";
import type { Certificate, CertificatePem } from "../api/index.ts";
import type { Log } from "../lib/log.ts";
import { repeat } from "../lib/repeat.ts";

export class CertificateInvalidError extends GantryError {
  readonly code = "certificate_invalid";
  override readonly fault = "operational";
  constructor(file: string, why: string, options: { cause?: unknown } = {}) {
    super(`The server can't speak TLS with ${file}: ${why}`, { ...options, details: { file } });
  }
}

export interface CertificateFiles {
  certificateFile: string;
  keyFile: string;
}

interface Loaded extends CertificatePem {
  leaf: X509Certificate;
}

/**
 * The server's certificate, which must be good to begin with. It is read again whenever its files change: one that isn't good then is
 * logged and not taken, and connections that stand aren't touched. @throws CertificateInvalidError
 */
export async function openCertificate(
  files: CertificateFiles,
  { now, log, everyMs }: { now(): number; log: Log; everyMs: number },
): Promise<Certificate & { reload(): Promise<void>; stop(): Promise<void> }> {
  let current = await load(files, now());
  let refused = "";
  const listeners = new Set<(pem: CertificatePem) => void>();
  const reload = async (): Promise<void> => {
    try {
      const next = await load(files, now());
      refused = "";
      if (next.cert === current.cert && next.key === current.key) return;
      current = next;
      for (const listener of listeners) listener(next);
      log.info({ validTo: next.leaf.validTo }, "New connections get the certificate that was put there");
    } catch (err) {
      if (!(err instanceof CertificateInvalidError)) throw err;
      // Said once of each state, not every few seconds.
      if (refused !== err.message) log.error({ err }, "The certificate isn't good; the one from before is kept");
      refused = err.message;
    }
  };
  const following = repeat(reload, { everyMs, log, failure: "The certificate couldn't be looked at" });
  return {
    pem: () => current,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload,
    stop: () => following.stop(),
  };
}

/** @throws CertificateInvalidError */
async function load({ certificateFile, keyFile }: CertificateFiles, now: number): Promise<Loaded> {
  const [cert, key] = await Promise.all([read(certificateFile), read(keyFile)]);
  const leaf = parsed(certificateFile, "it holds no certificate in PEM", () => new X509Certificate(cert));
  const why = /ENCRYPTED/.test(key) ? "its key is encrypted; give it without a passphrase" : "it holds no key in PEM";
  const privateKey = parsed(keyFile, why, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey))
    throw new CertificateInvalidError(keyFile, `its key isn't that of the certificate in ${certificateFile}.`);
  if (leaf.validToDate.getTime() <= now)
    throw new CertificateInvalidError(certificateFile, `its certificate ended on ${leaf.validToDate.toISOString()}.`);
  if (leaf.validFromDate.getTime() > now)
    throw new CertificateInvalidError(
      certificateFile,
      `its certificate begins on ${leaf.validFromDate.toISOString()}.`,
    );
  return { cert, key, leaf };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new CertificateInvalidError(
      file,
      `it can't be read (${(cause as NodeJS.ErrnoException).code ?? "for an unknown reason"}).`,
      { cause },
    );
  }
}

function parsed<T>(file: string, why: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new CertificateInvalidError(file, `${why}.`, { cause });
  }
}
