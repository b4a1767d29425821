import { createHash } from "node:crypto";
import type { Log } from "../lib/log.ts";
import { PasswordBreachedError, PasswordWeakError } from "./errors.ts";

export interface PasswordCheckDeps {
  /** Of the range protocol of Have I Been Pwned; null: not asked. */
  breachListUrl: string | null;
  minimum: number;
  log: Log;
}

const patienceMs = 3_000;

/**
 * Refuses passwords that are short, easy to guess, or known to be stolen. Of the stolen ones only five hex digits of the
 * password's SHA-1 leave this machine; a list that doesn't answer refuses nobody.
 */
export function createPasswordCheck(
  deps: PasswordCheckDeps,
): (password: string, about: readonly string[]) => Promise<void> {
  return async (password, about) => {
    if (password.length < deps.minimum) throw new PasswordWeakError(`it has fewer than ${deps.minimum} characters.`);
    if (password.length > 256) throw new PasswordWeakError("it has more than 256 characters.");
    const why = await weaknessOf(password, about);
    if (why !== null) throw new PasswordWeakError(why);
    if (deps.breachListUrl === null) return;
    const times = await timesStolen(deps.breachListUrl, password).catch((err: unknown) => {
      deps.log.warn({ err }, "The list of stolen passwords didn't answer, so this password wasn't looked up");
      return 0;
    });
    if (times > 0) throw new PasswordBreachedError(times);
  };
}

/** Whether the list answers; asked for a range that has to do with nobody's password. */
export async function inspectBreachList(url: string | null): Promise<"off" | "reachable" | "unreachable"> {
  if (url === null) return "off";
  try {
    await (await askRange(url, "00000")).body?.cancel();
    return "reachable";
  } catch {
    return "unreachable";
  }
}

/** Null: a good one. The dictionaries take some 30 MB, so they are loaded with the first password that is chosen. */
async function weaknessOf(password: string, about: readonly string[]): Promise<string | null> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
    import("@zxcvbn-ts/language-en"),
  ]);
  const rate = new ZxcvbnFactory({
    translations: english.translations,
    graphs: common.adjacencyGraphs,
    dictionary: { ...common.dictionary, ...english.dictionary },
  });
  const parts = about.flatMap((one) => [one, ...one.split(/[^\p{L}\p{N}]+/u)]).filter((part) => part.length > 2);
  // What follows after that adds nothing to the time of an attacker, but to ours.
  const { score, feedback } = rate.check(password.slice(0, 100), ["gantry", ...parts]);
  if (score >= 3) return null;
  return (
    [feedback.warning, ...feedback.suggestions].find((text) => typeof text === "string" && text !== "") ??
    "it is too simple."
  );
}

async function timesStolen(url: string, password: string): Promise<number> {
  const hash = createHash("sha1").update(password).digest("hex").toUpperCase();
  const response = await askRange(url, hash.slice(0, 5));
  for (const line of (await response.text()).split(/\r?\n/)) {
    const [suffix, count] = line.split(":");
    if (suffix === hash.slice(5)) return Number(count);
  }
  return 0;
}

async function askRange(url: string, digits: string): Promise<Response> {
  const response = await fetch(`${url.replace(/\/$/, "")}/range/${digits}`, {
    // Answers of one length, so that who watches the line can't tell them apart.
    headers: { "add-padding": "true", "user-agent": "gantry" },
    redirect: "error",
    signal: AbortSignal.timeout(patienceMs),
  });
  if (!response.ok) throw new Error(`The list of stolen passwords answered ${response.status}.`);
  return response;
}
