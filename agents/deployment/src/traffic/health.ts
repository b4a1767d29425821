import type { Probe } from "@gantry/sdk";
import { HealthCheckFailedError } from "../errors.ts";
import type { Health, VersionView } from "../host/protocol.ts";
import { probePath } from "./probe-path.ts";

/** A version that ended so often since it was started won't come up by waiting. */
const crashesAllowed = 3;

export interface HealthDeps {
  signal: AbortSignal;
  /** The version as its host sees it now. */
  look(): Promise<VersionView | null>;
  /** The last lines that it wrote, for people. */
  lastOutput(): Promise<string>;
}

/**
 * The health gate: as many successes in a row as asked for, within the time allowed. The probes of the good row are the
 * evidence.
 * @throws {HealthCheckFailedError} with the last probe and the last lines of the version's output.
 */
export async function passHealthGate(release: string, health: Health, deps: HealthDeps): Promise<Probe[]> {
  const end = performance.now() + health.timeoutMs;
  let row: Probe[] = [];
  let last: Probe | null = null;
  for (;;) {
    const version = await deps.look();
    const probe = await probeOnce(version, health, deps.signal);
    row = probe.passed ? [...row, probe] : [];
    last = probe;
    if (row.length >= health.consecutive)
      return row.map((each, index) => ({ ...each, name: `${each.name} #${index + 1}` }));
    const hopeless = version === null || version.crashes >= crashesAllowed;
    if (hopeless || performance.now() > end) throw await failure(release, { health, last, version, deps });
    await pause(health.intervalMs, deps.signal);
  }
}

/** One probe as evidence; an answer that never came is evidence too. */
export async function probeOnce(version: VersionView | null, health: Health, signal: AbortSignal): Promise<Probe> {
  const name = `GET ${health.path}`;
  const expected = `status ${health.expectStatus}`;
  if (version === null || version.port === null || version.status !== "running")
    return {
      name,
      expected,
      actual: `the version is ${version?.status ?? "unknown"}${exitOf(version)}`,
      passed: false,
    };
  try {
    const { status } = await probePath({ address: "127.0.0.1", port: version.port, path: health.path }, signal);
    return { name, expected, actual: `status ${status}`, passed: status === health.expectStatus };
  } catch (error) {
    signal.throwIfAborted();
    return { name, expected, actual: error instanceof Error ? error.message : String(error), passed: false };
  }
}

function exitOf(version: VersionView | null): string {
  return version?.lastExit === null || version === null ? "" : ` (${version.lastExit})`;
}

interface FailureFacts {
  health: Health;
  last: Probe;
  version: VersionView | null;
  deps: HealthDeps;
}

async function failure(
  release: string,
  { health, last, version, deps }: FailureFacts,
): Promise<HealthCheckFailedError> {
  const output = await deps.lastOutput();
  const crashes =
    version === null || version.crashes === 0
      ? ""
      : ` It ended by itself ${version.crashes} times (${version.lastExit ?? "?"}).`;
  return new HealthCheckFailedError(
    `Release ${release} is not healthy: ${last.name} gave ${last.actual}, expected ${last.expected} ` +
      `${health.consecutive} times in a row within ${health.timeoutMs} ms.${crashes} It got no traffic.`,
    { details: { release, probe: last, ...(output === "" ? {} : { lastOutput: output }) } },
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
