import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { onTestFinished } from "vitest";
import { trustAuthority } from "../../cli/src/authority.ts";

/** As the command line does it, until the test has ended: other files run in the same process. */
export function trustInTest(file: string): void {
  const before = getCACertificates("default");
  onTestFinished(() => setDefaultCACertificates(before));
  const why = trustAuthority(file);
  if (why !== undefined) throw why;
}
