import { UsageError } from "./errors.ts";

/** @throws UsageError */
export function checkHash(hash: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(hash)) return hash;
  throw new UsageError(
    `${JSON.stringify(hash)} isn't the hash of a change set, which is sha256: and 64 hexadecimal digits.`,
  );
}
