import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Digest, Plan, RunEvent } from "@gantry/sdk";
import { refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { createMemoryRunner } from "../../support/memory-runner.ts";
import { memoryTools } from "../../support/api.ts";

let api: TestApi;
let requester: Person;
/** Of the group, and good for nothing else. */
let approver: Person;
let outsider: Person;
let changeTool = "1";

beforeAll(async () => {
  api = await startTestApi();
  const runner = createMemoryRunner(memoryTools);
  const fingerprint = (tool: string) => (tool === "test.change" ? `${tool}@${changeTool}` : `${tool}@1`);
  await api.engine.startWorker({ runner: { ...runner, fingerprint } });
  requester = await api.addPerson("requester", { groups: ["approvers"] });
  approver = await api.addPerson("approver", { groups: ["approvers"] });
  outsider = await api.addPerson("outsider");
});

afterAll(() => api[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[] = []) => api.engine.admin.query(text, values);

/** A run that waits for one of the approvers. */
async function waiting(
  by: Person = requester,
  plan?: Plan,
  environment = "staging",
): Promise<{ run: string; hash: Digest }> {
  const call = { runbook: "test.swap", parameters: { to: newId() }, environment };
  const { id: run } = await by.client.runs.create(plan === undefined ? call : { plan });
  await api.engine.reaches(run, "waiting_for_approval");
  return { run, hash: (await by.client.runs.changeSet(run)).hash };
}

async function person(name: string, groups = ["approvers"]): Promise<Person> {
  return api.addPerson(`${name} ${newId().slice(-6)}`, { groups });
}

/** The same human behind both: the second is a service account of theirs. */
async function isOneHuman(first: Person, second: Person): Promise<void> {
  await sql("UPDATE actors SET kind = 'service', owner = $2 WHERE id = $1", [second.actor, first.actor]);
}

function until(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

async function delegate(from: Person, to: Person): Promise<string> {
  const lent = { group: "approvers", to: to.actor, until: until(), reason: "away" };
  return (await from.client.delegations.create(lent)).id;
}

describe("an approval is refused by the API, and by the run's owner when it comes past the API:", () => {
  interface Attempt {
    run: string;
    hash: Digest;
    by: Person;
  }
  const attacks: Record<string, { make: () => Promise<Attempt>; codes: [string, string] }> = {
    "of an old hash": {
      make: async () => ({ ...(await waiting()), hash: `sha256:${"0".repeat(64)}`, by: approver }),
      codes: ["change_set_stale", "change_set_stale"],
    },
    "of a hash with a flipped byte": {
      make: async () => {
        const { run, hash } = await waiting();
        const last = hash.at(-1) === "0" ? "1" : "0";
        return { run, hash: `${hash.slice(0, -1)}${last}` as Digest, by: approver };
      },
      codes: ["change_set_stale", "change_set_stale"],
    },
    "replayed on another run": {
      make: async () => {
        const [{ run }, other] = [await waiting(), await waiting()];
        return { run, hash: other.hash, by: approver };
      },
      codes: ["change_set_stale", "change_set_stale"],
    },
    "by who asked for it": {
      make: async () => ({ ...(await waiting()), by: requester }),
      codes: ["requester_cannot_approve", "requester_cannot_approve"],
    },
    "by a service account of the human who asked": {
      make: async () => {
        const [asks, robot] = [await person("asks"), await person("robot")];
        await isOneHuman(asks, robot);
        return { ...(await waiting(asks)), by: robot };
      },
      codes: ["requester_cannot_approve", "requester_cannot_approve"],
    },
    "by the owner of the service account that asked": {
      make: async () => {
        const [owner, robot] = [await person("owner"), await person("robot", [])];
        await isOneHuman(owner, robot);
        return { ...(await waiting(robot)), by: owner };
      },
      codes: ["requester_cannot_approve", "requester_cannot_approve"],
    },
    "by whose run it was forked from": {
      make: async () => {
        const planner = await person("planner");
        const first = await waiting(planner);
        await planner.client.runs.reject(first.run, { hash: first.hash, reason: "edit it" });
        await api.engine.reaches(first.run, "rejected");
        const { id: run } = await requester.client.runs.fork(first.run, { from: "swap" });
        await api.engine.reaches(run, "waiting_for_approval");
        return { run, hash: (await requester.client.runs.changeSet(run)).hash, by: planner };
      },
      codes: ["requester_cannot_approve", "requester_cannot_approve"],
    },
    "by who had it tried again": {
      make: async () => {
        const retrier = await person("retrier");
        const { run, hash } = await waiting();
        await approver.client.runs.reject(run, { hash, reason: "not now" });
        await api.engine.reaches(run, "rejected");
        await retrier.client.runs.retry(run, {});
        await api.engine.reaches(run, "waiting_for_approval");
        return { run, hash: (await retrier.client.runs.changeSet(run)).hash, by: retrier };
      },
      codes: ["requester_cannot_approve", "requester_cannot_approve"],
    },
    "by somebody outside of the group": {
      make: async () => ({ ...(await waiting()), by: outsider }),
      codes: ["not_an_approver", "not_in_group"],
    },
    "by the delegate of who asked": {
      make: async () => {
        const deputy = await person("deputy", []);
        await delegate(requester, deputy);
        return { ...(await waiting()), by: deputy };
      },
      codes: ["not_an_approver", "not_in_group"],
    },
    "by who asked, with a right that was lent to them": {
      make: async () => {
        const asks = await person("asks", []);
        await delegate(approver, asks);
        return { ...(await waiting(asks)), by: asks };
      },
      codes: ["requester_cannot_approve", "requester_cannot_approve"],
    },
    "by a delegation that was taken back": {
      make: async () => {
        const deputy = await person("deputy", []);
        await approver.client.delegations.revoke(await delegate(approver, deputy));
        return { ...(await waiting()), by: deputy };
      },
      codes: ["not_an_approver", "not_in_group"],
    },
    "by a delegation that is over": {
      make: async () => {
        const deputy = await person("deputy", []);
        const id = await delegate(approver, deputy);
        await sql("UPDATE approval_delegations SET until = now() WHERE id = $1", [id]);
        return { ...(await waiting()), by: deputy };
      },
      codes: ["not_an_approver", "not_in_group"],
    },
    "after it expired": {
      make: async () => {
        const { run, hash } = await waiting();
        await approver.client.runs.reject(run, { hash, reason: "too late" });
        await api.engine.reaches(run, "rejected");
        return { run, hash, by: approver };
      },
      codes: ["change_set_stale", "change_set_stale"],
    },
    "without a second factor where the environment wants one": {
      make: async () => ({ ...(await waitingCarefully()), by: approver }),
      codes: ["mfa_required", "mfa_required"],
    },
  };

  for (const [name, { make, codes }] of Object.entries(attacks)) {
    test(`${name}`, async () => {
      const { run, hash, by } = await make();
      expect((await refusalOf(by.client.runs.approve(run, { hash })))[1]).toBe(codes[0]);
      const sender = { kind: "user" as const, id: by.actor, name: "attacker" };
      // What a forger would add to the message is the database's to say.
      const forged = { groups: ["approvers"], person: newId(), party: false, needsProof: false, delegations: [] };
      const sent = await api.engine.send(run, { ...forged, kind: "approve", hash, reason: null } as never, sender);
      expect(await api.engine.outcome(sent)).toMatchObject({ code: codes[1] });
    });
  }
});

async function waitingCarefully(): Promise<{ run: string; hash: Digest }> {
  await sql(
    `INSERT INTO environments (org, project, name, protection, approval_mfa) VALUES ($1, $2, 'careful', 'guarded', true)
     ON CONFLICT DO NOTHING`,
    [api.org, api.project],
  );
  return waiting(requester, undefined, "careful");
}

test("one human counts once, with two keys, with two actors, and with the right of somebody who counted already", async () => {
  const [first, second, third] = [await person("first"), await person("second"), await person("third")];
  const deputy = await person("deputy", []);
  await isOneHuman(first, second);
  await delegate(first, deputy);
  const wait = { kind: "approval" as const, group: "approvers", count: 2 };
  const { run, hash } = await waiting(requester, planOf([{ id: "gate", kind: "wait", for: wait }]));
  await first.client.runs.approve(run, { hash });
  for (const by of [first, second])
    expect(await refusalOf(by.client.runs.approve(run, { hash }))).toEqual([409, "already_approved"]);
  expect(await refusalOf(deputy.client.runs.approve(run, { hash }))).toEqual([403, "not_an_approver"]);
  await third.client.runs.approve(run, { hash });
  await api.engine.reaches(run, "succeeded");
});

describe("a second factor is worth something for one change set, decision, person and session, once:", () => {
  const proof = async (run: string, hash: string, more: Record<string, string> = {}): Promise<string> => {
    const key = await sql("SELECT id FROM api_keys WHERE actor = $1", [approver.actor]);
    const id = newId();
    const one = {
      decision: "approve",
      actor: approver.actor,
      credential: `key:${key.rows[0].id}`,
      at: "now()",
      ...more,
    };
    await sql(
      `INSERT INTO approval_proofs (org, id, run_id, hash, decision, actor, person, credential, method, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 'totp', now() + $8::interval)`,
      [api.org, id, run, hash, one.decision, one.actor, one.credential, more["left"] ?? "1 minute"],
    );
    return id;
  };
  test("anything else is refused", async () => {
    const { run, hash } = await waitingCarefully();
    const other = await waitingCarefully();
    const wrong = {
      "another change set": await proof(other.run, other.hash),
      "another decision": await proof(run, hash, { decision: "reject" }),
      "another person": await proof(run, hash, { actor: outsider.actor }),
      "another session": await proof(run, hash, { credential: `session:${newId()}` }),
      "too old": await proof(run, hash, { left: "-1 second" }),
      "made up": newId(),
    };
    for (const [what, id] of Object.entries(wrong))
      expect([what, ...(await refusalOf(approver.client.runs.approve(run, { hash, proof: id })))]).toEqual([
        what,
        403,
        "proof_refused",
      ]);
    const totp = { hash, totp: "000000" };
    expect(await refusalOf(approver.client.runs.prove(run, totp))).toEqual([403, "second_factor_refused"]);
    const good = await proof(run, hash);
    await approver.client.runs.approve(run, { hash, proof: good });
    await api.engine.reaches(run, "succeeded");
    const again = await waitingCarefully();
    expect(await refusalOf(approver.client.runs.approve(again.run, { hash: again.hash, proof: good }))).toEqual([
      403,
      "proof_refused",
    ]);
  });
});

describe("an approval that held when it was given is void where the step starts:", () => {
  interface Attack {
    by: Person;
    plan?: Plan;
    environment?: string;
    /** Between the approval and the first change; the run is in the database only. */
    tamper(at: { run: string; hash: Digest }): Promise<unknown>;
    reason: RegExp;
  }
  const event = (set: string) => (at: { run: string; hash: Digest }) =>
    sql(`UPDATE events SET data = ${set} WHERE run_id = $1 AND data::text LIKE '%' || $2 || '%'`, [at.run, at.hash]);
  const approvers = /Too few of those who approved may still approve/;
  const attacks = async (): Promise<Record<string, Attack>> => {
    const people = Array.from({ length: 12 }, (_, index) => person(`approver ${index}`));
    const [demoted, disabled, requesterToo, lends, lost, forged, wiped, changed, secret, tool, mfa] =
      (await Promise.all(people)) as [
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
      ];
    const [member, deputy, other] = [await person("member", []), await person("deputy", []), await person("other", [])];
    const team = newId();
    await sql("INSERT INTO teams (org, id, name) VALUES ($1, $2, 'approvers')", [api.org, team]);
    await sql("INSERT INTO team_members (org, team, actor) VALUES ($1, $2, $3)", [api.org, team, member.actor]);
    const lent = await delegate(lends, deputy);
    await delegate(lost, other);
    await api.client.secrets.put("token", "hush");
    await sql(
      "INSERT INTO environments (org, project, name, protection) VALUES ($1, $2, 'later', 'guarded') ON CONFLICT DO NOTHING",
      [api.org, api.project],
    );
    const uses = {
      id: "a",
      kind: "tool",
      agent: "test",
      tool: "test.swap",
      input: { to: "x", key: { $secret: "token" } },
    };
    const plain = { id: "a", kind: "tool", agent: "test", tool: "test.change", input: { to: "x" } };
    return {
      "the approver left the group": {
        by: demoted,
        tamper: () => sql("UPDATE actors SET groups = '{}' WHERE id = $1", [demoted.actor]),
        reason: approvers,
      },
      "the approver was disabled": {
        by: disabled,
        tamper: () => sql("UPDATE actors SET disabled_at = now() WHERE id = $1", [disabled.actor]),
        reason: approvers,
      },
      "the approver was taken out of the team": {
        by: member,
        tamper: () => sql("DELETE FROM team_members WHERE actor = $1", [member.actor]),
        reason: approvers,
      },
      "the approver turned out to be the requester": {
        by: requesterToo,
        tamper: () => isOneHuman(requester, requesterToo),
        reason: approvers,
      },
      "the delegation was taken back": {
        by: deputy,
        tamper: () => lends.client.delegations.revoke(lent),
        reason: approvers,
      },
      "who lent the right lost it": {
        by: other,
        tamper: () => sql("UPDATE actors SET groups = '{}' WHERE id = $1", [lost.actor]),
        reason: approvers,
      },
      "the environment came to want a second factor": {
        by: mfa,
        environment: "later",
        tamper: () => sql("UPDATE environments SET approval_mfa = true WHERE name = 'later'"),
        reason: approvers,
      },
      "a byte of the signed record was flipped": {
        by: forged,
        tamper: event(
          `CASE WHEN type = 'approval.recorded' THEN replace(data::text, '"record":"ey', '"record":"ez')::json ELSE data END`,
        ),
        reason: /isn't signed by this installation/,
      },
      "the record of the approval is somebody else's": {
        by: wiped,
        tamper: event(
          `CASE WHEN type = 'approval.recorded' THEN jsonb_set(data::jsonb, '{person}', '"${newId()}"')::json ELSE data END`,
        ),
        reason: /isn't signed by this installation/,
      },
      "a byte of the change set was flipped": {
        by: changed,
        tamper: event(
          `CASE WHEN type = 'change_set.created' THEN replace(data::text, '"effect":"changes"', '"effect":"destroys"')::json ELSE data END`,
        ),
        reason: /its content doesn't have its hash/,
      },
      "a secret that it uses has another value": {
        by: secret,
        plan: planOf([uses]),
        tamper: () => api.client.secrets.put("token", "other"),
        reason: /A secret that it uses/,
      },
      "the tool was replaced": {
        by: tool,
        plan: planOf([plain]),
        tamper: async () => (changeTool = "2"),
        reason: /is not the one that was previewed/,
      },
    };
  };

  test("all of them", async () => {
    const all = Object.entries(await attacks());
    const runs: (Attack & { name: string; run: string; hash: Digest })[] = [];
    for (const [name, attack] of all)
      runs.push({ name, ...attack, ...(await waiting(requester, attack.plan, attack.environment)) });
    // Held here, an approved run is nowhere but in the database.
    await api.client.killSwitch.set({ reason: "between approval and execution" });
    for (const { run, hash, by } of runs)
      expect(await by.client.runs.approve(run, { hash })).toMatchObject({ status: "done" });
    for (const { run } of runs) await api.engine.until(async () => (await api.engine.status(run)).owner === null);
    for (const one of runs) await one.tamper(one);
    await api.client.killSwitch.lift();
    for (const { name, run, hash, reason } of runs) {
      const events = await api.engine.until(async () => {
        const found = await api.engine.events(run);
        return found.some(({ type }) => type === "change_set.voided" || type === "run.finished") && found;
      });
      const voided = events.find((one): one is RunEvent<"change_set.voided"> => one.type === "change_set.voided");
      expect([name, voided?.data.hash, voided?.data.reason ?? ""]).toEqual([name, hash, expect.stringMatching(reason)]);
      const began = events.some((one) => one.type === "attempt.started" && one.data.changeSet === hash);
      expect([name, began]).toEqual([name, false]);
    }
  });
});

function planOf(steps: readonly object[]): Plan {
  const frame = { format: 1, goal: "test", runbook: null, parameters: {}, environment: "staging", onFailure: "stop" };
  const normal = steps.map((step) => ({ title: "A step", after: [], ...step }));
  return { ...frame, tools: [], steps: normal } as unknown as Plan;
}
