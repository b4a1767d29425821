import type { DoctorCheck, EncryptionStatus } from "@gantry/sdk/api";

/** What encrypts, and whether everything is under the newest key. */
export function encryptionChecks({ keyEncryption, keys, withoutKey, move }: EncryptionStatus): DoctorCheck[] {
  const { name, ok, problem } = keyEncryption;
  const kek: DoctorCheck = ok
    ? { name: "key encryption", status: "ok", text: `${name} can be used` }
    : { name: "key encryption", status: "broken", text: `${name}: ${problem ?? "can't be used"}` };
  const inUse = keys.filter(({ retiredAt }) => retiredAt === null);
  const newest = inUse.at(-1);
  const states = keys.map(({ version, uses, retiredAt, under }) =>
    retiredAt === null ? `${version} (${uses} uses, under ${under})` : `${version} (retired)`,
  );
  const text = newest === undefined ? "none yet; the first thing that is stored makes it" : states.join(", ");
  const checks: DoctorCheck[] = [kek, { name: "keys of the organization", status: "ok", text }];
  if (withoutKey > 0) {
    const left = `${withoutKey} are still encrypted with the installation's key`;
    checks.push({
      name: "older content",
      status: "missing",
      text: left,
      mend: "gantry encryption rotate --organization",
    });
  }
  if (move !== null && (move.finishedAt === null || move.failure !== null)) {
    const far = `${move.moved} of ${move.total ?? "?"} moved to key ${move.target}`;
    const status = move.failure === null ? "ok" : "missing";
    checks.push({ name: "re-encryption", status, text: move.failure === null ? far : `${far}: ${move.failure}` });
  }
  return checks;
}

/** Secrets that ought to be replaced: days before, and from then on. */
export function rotationCheck(secrets: readonly { name: string; rotateBy: Date | null }[], now: number): DoctorCheck[] {
  const due = secrets.filter(({ rotateBy }) => rotateBy !== null && rotateBy.getTime() - now < noticeMs);
  const [first] = due;
  if (first === undefined) return [];
  const names = due
    .map(({ name, rotateBy }) => `${name} (by ${rotateBy?.toISOString().slice(0, 10) ?? ""})`)
    .join(", ");
  return [{ name: "secrets", status: "missing", text: `replace ${names}`, mend: `gantry secret set ${first.name}` }];
}

const noticeMs = 14 * 24 * 3_600_000;
