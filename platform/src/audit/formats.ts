import type { AuditEntry, AuditFormat } from "@gantry/sdk/api";

/** How entries are written for others, a line each. */
export interface LineFormat {
  type: string;
  extension: string;
  header: string;
  line(entry: AuditEntry): string;
}

export function lineFormat(format: AuditFormat, version: string): LineFormat {
  switch (format) {
    case "json":
      return {
        type: "application/x-ndjson",
        extension: "ndjson",
        header: "",
        line: (entry) => `${JSON.stringify(entry)}\n`,
      };
    case "ocsf":
      return {
        type: "application/x-ndjson",
        extension: "ocsf.ndjson",
        header: "",
        line: (entry) => `${JSON.stringify(ocsfOf(entry, version))}\n`,
      };
    case "csv":
      return {
        type: "text/csv",
        extension: "csv",
        header: csvLine(csvColumns),
        line: (entry) => csvLine(csvCells(entry)),
      };
    case "cef":
      return { type: "text/plain", extension: "cef", header: "", line: (entry) => `${cefOf(entry, version)}\n` };
  }
  return format satisfies never;
}

const csvColumns =
  "at,result,action,actor_kind,actor_id,actor_name,on_behalf_of,target,reason,address,user_agent,credential,request_id,details,id".split(
    ",",
  );

function csvCells(entry: AuditEntry): string[] {
  const { at, result, action, actor, onBehalfOf, target, reason, source, requestId, details, id } = entry;
  const { address, userAgent, credential } = source ?? {};
  const who = [actor.kind, actor.id, actor.name, onBehalfOf?.name];
  const cells = [at, result, action, who, target, reason, address, userAgent, credential, requestId, details, id];
  return cells.flatMap((cell) => (cell === who ? who.map(textOf) : [textOf(cell)]));
}

/** RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe instead. */
function csvLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => (/^[\s]*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell));
  return `${safe.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")}\r\n`;
}

/** ArcSight's Common Event Format, revision 25. */
function cefOf(
  { at, result, action, actor, target, reason, source, requestId, id }: AuditEntry,
  version: string,
): string {
  const header = [action, `${action} ${result}`, result === "allowed" ? "3" : "6"];
  const fields: Record<string, string> = {
    rt: String(Date.parse(at)),
    externalId: id,
    outcome: result,
    suid: actor.id,
    suser: actor.name,
    src: textOf(source?.["address"]),
    requestClientApplication: textOf(source?.["userAgent"]),
    reason: reason ?? "",
    cs1Label: "target",
    cs1: JSON.stringify(target),
    cs2Label: "requestId",
    cs2: requestId ?? "",
  };
  const extension = Object.entries(fields)
    .filter(([, value]) => value !== "")
    .map(
      ([name, value]) =>
        `${name}=${value.replaceAll(/[\\=]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}`,
    );
  return `CEF:0|Gantry|Gantry|${[version, ...header].map(cefHeader).join("|")}|${extension.join(" ")}`;
}

function cefHeader(text: string): string {
  return text.replaceAll(/[\\|]/g, "\\$&").replaceAll(/[\r\n]/g, " ");
}

/** OCSF 1.4 (schema.ocsf.io): Authentication, Account Change, and API Activity for all else. */
function ocsfOf(entry: AuditEntry, version: string): object {
  const { at, result, action, actor, target, reason, source, requestId, id, onBehalfOf, details } = entry;
  const verb = action.split(".").at(-1) ?? "";
  const [classUid, activity] = classOf(action, verb);
  const user = { uid: actor.id, name: actor.name, type_id: 99, type: actor.kind };
  const subject = typeof target["actor"] === "string" ? { uid: target["actor"] } : user;
  return {
    category_uid: Math.floor(classUid / 1_000),
    class_uid: classUid,
    activity_id: activity,
    ...(activity === 99 ? { activity_name: verb } : {}),
    type_uid: classUid * 100 + activity,
    time: Date.parse(at),
    severity_id: result === "allowed" ? 1 : 3,
    status_id: result === "allowed" ? 1 : 2,
    status: result,
    ...(reason === null ? {} : { message: reason }),
    metadata: {
      version: "1.4.0",
      uid: id,
      product: { name: "Gantry", vendor_name: "Gantry", version },
      ...(requestId === null ? {} : { correlation_uid: requestId }),
    },
    actor: { user },
    ...(classUid === 6003 ? {} : { user: classUid === 3001 ? subject : user }),
    api: { operation: action, ...(requestId === null ? {} : { request: { uid: requestId } }) },
    src_endpoint: typeof source?.["address"] === "string" ? { ip: source["address"] } : { name: "gantry" },
    resources: [{ data: target }],
    unmapped: { onBehalfOf, details },
  };
}

function classOf(action: string, verb: string): [number, number] {
  if (action.startsWith("signIn.")) return [3002, 1];
  if (/^(actors|apiKeys|roles|teams|members|invitations)\./.test(action)) {
    if (verb === "create") return [3001, 1];
    return [3001, verb === "remove" || verb === "delete" ? 6 : 99];
  }
  if (/^(create|created|put|add|publish)$/.test(verb)) return [6003, 1];
  if (/^(set|update|rename|pause|resume|approve|reject|restore)$/.test(verb)) return [6003, 3];
  if (/^(remove|delete|revoke|purge)$/.test(verb)) return [6003, 4];
  return [6003, 99];
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
