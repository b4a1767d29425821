import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { FileUnreadableError } from "./errors.ts";

/** From now on, servers are believed that these authorities (PEM) vouch for, besides those that the system knows. @returns why not */
export function trustAuthority(file: string | undefined): FileUnreadableError | undefined {
  if (file === undefined) return undefined;
  try {
    setDefaultCACertificates([...getCACertificates("default"), readFileSync(file, "utf8")]);
    return undefined;
  } catch (cause) {
    return new FileUnreadableError(file, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
