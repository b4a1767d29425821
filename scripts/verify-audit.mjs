// @ts-nocheck Everything comes from the database as text; this file is to be read by itself.
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-member-access, typescript/no-unsafe-call, typescript/no-unsafe-argument, typescript/no-unsafe-return, typescript/restrict-template-expressions */
// Verifies the audit trail of a Gantry database, apart from Gantry: it imports nothing of it, only Node and `pg`, and makes every hash
// itself from the columns as they stand. It changes nothing. Exit code 0: everything is as it was sealed; 1: it isn't; 2: it can't tell.
//
//   node scripts/verify-audit.mjs --database <url> [--organization <id>] [--head <n>:<hash>] [--root <kid>] [--json]
//
// The URL's user must see all rows (a superuser, or gantry_engine). `--root` is the key that vouches for all others, as `gantry
// signing keys` showed it first; `--head` is what `gantry audit head` said. Keep both elsewhere: with them nobody can write all anew.
import { createHash, createPublicKey, verify } from "node:crypto";
import { parseArgs } from "node:util";
import pg from "pg";

const none = "00000000-0000-0000-0000-000000000000";
const { values: options } = parseArgs({
  options: {
    database: { type: "string", default: process.env.GANTRY_DATABASE_URL },
    organization: { type: "string" },
    head: { type: "string" },
    root: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
// Whole texts as they are stored: a 64-bit number or a JSON document must not be read and written again.
const client = new pg.Client({ connectionString: options.database, types: { getTypeParser: () => (text) => text } });
try {
  await client.connect();
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const organizations =
    options.organization === undefined
      ? [none, ...(await rows("SELECT org FROM organizations ORDER BY org")).map(({ org }) => org)]
      : [options.organization];
  const keys = await readKeys();
  const verdicts = [];
  for (const organization of organizations) verdicts.push(await verifyOrganization(organization, keys));
  const problems = verdicts.flatMap((one) => one.problems);
  if (options.json)
    console.log(JSON.stringify({ problems, organizations: verdicts.map(({ problems: _, ...rest }) => rest) }));
  else {
    for (const { message, from, to } of problems)
      console.log(`${message} Sealed ${from === null ? "by" : `between ${from} and`} ${to}.`);
    for (const { organization, seals, count, purged, redacted, head } of verdicts)
      console.log(
        `${organization}: ${seals} seals, ${count} rows, ${purged} purged, ${redacted} redacted; head ${head ?? "none"}`,
      );
    console.log(`Root key: ${keys.keys().next().value ?? "none"}`);
    console.log(problems.length === 0 ? "Everything is as it was sealed." : `${problems.length} problems.`);
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(String(error instanceof Error ? error.message : error));
  process.exitCode = 2;
} finally {
  await client.end();
}

async function rows(text, values = []) {
  return (await client.query(text, values)).rows;
}

/** The first key vouches for itself, each further one by the one before; a key that nobody vouches for is none. */
async function readKeys() {
  const good = new Map();
  let before = null;
  for (const row of await rows(
    "SELECT kid, public, encode(endorsement, 'base64') AS endorsement, extract(epoch FROM retires_at) * 1000 AS retires FROM signing_keys ORDER BY ordinal",
  )) {
    const { kty, crv, x } = JSON.parse(row.public);
    const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
    const key = createPublicKey({ key: { kty, crv, x }, format: "jwk" });
    const by = before ?? { kid, key };
    const said = Buffer.from(JSON.stringify({ by: by.kid, gantry: "signing-key", key: { crv, kty, x } }));
    if (row.kid !== kid || !verify(null, said, by.key, Buffer.from(row.endorsement, "base64"))) continue;
    if (before === null && options.root !== undefined && options.root !== kid) return good;
    before = { kid, key, retires: row.retires === null ? Infinity : Number(row.retires) };
    good.set(kid, before);
  }
  return good;
}

async function verifyOrganization(organization, keys) {
  const problems = [];
  const purged = new Set();
  for (const { leaves } of await rows(
    `SELECT encode(leaves, 'hex') AS leaves FROM audit_purged_leaves WHERE org = $1 AND run_id::text IN (
       SELECT json_array_elements_text(target -> 'runs') FROM audit_records WHERE org = $1 AND action = 'runs.purge'
       UNION ALL SELECT target ->> 'purge' FROM audit_records WHERE org = $1 AND action = 'audit.purge')`,
    [organization],
  ))
    for (const leaf of split(leaves)) purged.add(leaf);
  // By its name the hash of what a record or event is now, or null for a record that was emptied.
  const onRecord = new Map();
  for (const { target } of await rows(
    "SELECT target FROM audit_records WHERE org IS NOT DISTINCT FROM $1 AND action = 'audit.redact' ORDER BY xid, id",
    [organization === none ? null : organization],
  )) {
    const { records = [], rewritten = {} } = JSON.parse(target);
    for (const id of records) onRecord.set(`record ${id}`, null);
    for (const [name, leaf] of Object.entries(rewritten)) onRecord.set(name, leaf);
  }
  const isRedacted = ({ name, redacted, leaf }) =>
    typeof onRecord.get(name) === "string" ? onRecord.get(name) === leaf : redacted;
  const counts = { seals: 0, count: 0, purged: 0, redacted: 0 };
  const [keptN, keptHash] = (options.head ?? "0:").split(":");
  let before = null;
  const add = (kind, seal, what, message, since = before) =>
    problems.push({ kind, seal: Number(seal.n), what, message, from: since && timeOf(since), to: timeOf(seal) });
  const missing = [];
  const unknown = [];
  for (const { n } of await rows("SELECT n FROM audit_seals WHERE org = $1 ORDER BY n", [organization])) {
    const [seal] = await rows(
      `SELECT s.*, round(extract(epoch FROM s.sealed_at) * 1000) AS at, encode(l.leaves, 'hex') AS leaves
         FROM audit_seals s LEFT JOIN audit_leaves l ON l.org = s.org AND l.n = s.n WHERE s.org = $1 AND s.n = $2`,
      [organization, n],
    );
    const text = Buffer.from(
      JSON.stringify({
        count: Number(seal.count),
        digest: seal.digest,
        from: seal.from_xid,
        gantry: "audit-seal",
        kid: seal.kid,
        n: Number(n),
        org: organization,
        prev: seal.prev,
        sealedAt: Number(seal.at),
        to: seal.to_xid,
        version: 1,
      }),
    );
    const expected = Number(before?.n ?? 0) + 1;
    if (Number(n) !== expected) add("seal_missing", seal, null, `Seals ${expected} to ${Number(n) - 1} are gone.`);
    else if (seal.prev !== (before?.hash ?? null) || seal.from_xid !== (before?.to_xid ?? "0"))
      add("forked", seal, null, `Seal ${n} doesn't follow from seal ${expected - 1}.`);
    if (sha256(text) !== seal.hash) add("seal_changed", seal, null, `Seal ${n} was changed.`);
    const key = keys.get(seal.kid);
    if (
      !key ||
      key.retires <= Number(seal.at) ||
      !verify(null, text, key.key, Buffer.from(seal.signature, "base64url"))
    )
      add("signature", seal, null, `Seal ${n} isn't signed by a key of this installation.`);
    if (keptN === n && keptHash !== seal.hash)
      add("forked", seal, null, `Seal ${n} isn't the one that was kept elsewhere.`);
    if (seal.leaves === null || sha256(Buffer.from(seal.leaves, "hex")) !== seal.digest)
      add("seal_changed", seal, null, `The hashes of seal ${n} were changed or are gone.`);
    const found = await readRows(organization, seal.from_xid, seal.to_xid);
    counts.seals += 1;
    counts.count += found.length;
    const sealed = split(seal.leaves ?? "");
    const present = new Set(found.map(({ leaf }) => leaf));
    const leaves = sealed.filter((leaf) => present.has(leaf) || !purged.has(leaf));
    counts.purged += sealed.length - leaves.length;
    for (const one of differences(leaves, found)) {
      if (one.kind === "missing") missing.push({ ...one, seal, since: before });
      else if (one.kind === "reordered") add("reordered", seal, one.row.name, `${one.row.name} isn't where it was.`);
      else if (one.kind === "edited" && isRedacted(one.row)) {
        counts.redacted += 1;
        if (!onRecord.has(one.row.name))
          add("redacted_unrecorded", seal, one.row.name, `${one.row.name} lost its content, and no record says why.`);
      } else unknown.push({ ...one, seal, since: before });
    }
    before = seal;
  }
  // What is missing in one seal and too much in another was moved.
  const lost = new Map([...missing, ...unknown.filter(({ kind }) => kind === "edited")].map((one) => [one.leaf, one]));
  for (const { kind, row, leaf, seal, since } of unknown) {
    if (lost.has(row.leaf)) {
      add("reordered", seal, row.name, `${row.name} was moved here from seal ${lost.get(row.leaf).seal.n}.`, since);
      lost.delete(row.leaf);
    } else {
      add(kind, seal, row.name, `${row.name} ${kind === "edited" ? "was edited" : "was put in later"}.`, since);
      lost.delete(leaf);
    }
  }
  for (const { seal, since, beside, row } of lost.values()) {
    const names = (beside ?? [row]).map(({ name }) => name).join(" and ");
    add("deleted", seal, null, `Something was deleted beside ${names || "nothing that is left"}.`, since);
  }
  if (Number(keptN) > Number(before?.n ?? 0)) {
    const last = before ?? { n: 0, at: 0 };
    add("truncated", last, null, `Seals up to ${keptN} were there once; the last one now is ${last.n}.`);
  }
  return { organization, problems, ...counts, head: before && `${before.n}:${before.hash}` };
}

/** Events and records of an organization in the order of seals, each with its hash. */
async function readRows(organization, from, to) {
  const events = await rows(
    `SELECT xid, run_id, seq, type, at, actor, data FROM events WHERE org = $1 AND xid >= $2::xid8 AND xid < $3::xid8`,
    [organization, from, to],
  );
  const records = await rows(
    `SELECT xid, org, id, (extract(epoch FROM at) * 1000000)::bigint AS at, actor, on_behalf_of, action, target, reason, result, details, source,
       request_id, redacted FROM audit_records WHERE org IS NOT DISTINCT FROM $1 AND xid >= $2::xid8 AND xid < $3::xid8`,
    [organization === none ? null : organization, from, to],
  );
  const all = [
    ...events.map((e) => ({
      xid: BigInt(e.xid),
      order: 0,
      id: e.run_id,
      seq: Number(e.seq),
      name: `event ${e.run_id}/${e.seq}`,
      redacted: false,
      leaf: sha256(
        `event\n${organization}\n${e.run_id}\n${e.seq}\n${e.type}\n${e.at}\n${Buffer.byteLength(e.actor)}\n${e.actor}${e.data}`,
      ),
    })),
    ...records.map((r) => ({
      xid: BigInt(r.xid),
      order: 1,
      id: r.id,
      seq: 0,
      name: `record ${r.id}`,
      redacted: r.redacted !== null,
      leaf: sha256(
        `record\n[${[
          r.org,
          r.id,
          Number(r.at),
          r.actor,
          r.on_behalf_of,
          r.action,
          r.target,
          r.reason,
          r.result,
          r.details,
          r.source,
          r.request_id,
        ]
          .map((value) => JSON.stringify(value))
          .join(", ")}]`,
      ),
    })),
  ];
  return all.sort(
    (a, b) => Number(a.xid - b.xid) || a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : a.seq - b.seq),
  );
}

function differences(leaves, found) {
  if (found.length === leaves.length && found.every(({ leaf }, at) => leaf === leaves[at])) return [];
  const places = new Map(leaves.map((leaf, at) => [leaf, at]));
  const present = new Set(found.map(({ leaf }) => leaf));
  const result = [];
  let [sealed, row] = [0, 0];
  for (const kept of [...ascending(found.map(({ leaf }) => places.get(leaf))), found.length]) {
    const until = kept === found.length ? leaves.length : places.get(found[kept].leaf);
    const gone = leaves.slice(sealed, until).filter((leaf) => !present.has(leaf));
    for (const one of found.slice(row, kept)) {
      if (places.has(one.leaf)) result.push({ kind: "reordered", row: one });
      else if (gone.length > 0) result.push({ kind: "edited", row: one, leaf: gone.shift() });
      else result.push({ kind: "inserted", row: one });
    }
    for (const leaf of gone)
      result.push({ kind: "missing", leaf, beside: [found[row - 1], found[kept]].filter(Boolean) });
    [sealed, row] = [until + 1, kept + 1];
  }
  return result;
}

/** Indexes of the longest ascending subsequence (patience sorting) of those that are defined. */
function ascending(values) {
  const tops = [];
  const links = [];
  values.forEach((value, at) => {
    if (value === undefined) return;
    let pile = tops.findIndex((top) => values[top] >= value);
    if (pile === -1) pile = tops.length;
    links[at] = pile === 0 ? -1 : tops[pile - 1];
    tops[pile] = at;
  });
  const result = [];
  for (let at = tops.at(-1) ?? -1; at !== -1; at = links[at]) result.unshift(at);
  return result;
}

function split(hex) {
  return hex.match(/.{64}/g) ?? [];
}

function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}

function timeOf({ at }) {
  return new Date(Number(at)).toISOString();
}
