import type { DoctorCheck } from "@gantry/sdk/api";
import { once } from "node:events";
import { connect } from "node:tls";
import { duration } from "../render/time.ts";

const dayMs = 24 * 3_600_000;
/** Renewals that work by themselves happen earlier than this. */
const soonMs = 21 * dayMs;

/** What the server shows who connects to it, its own or its proxy's; nothing where it speaks plain HTTP. */
export async function certificateChecks(url: string, now: number): Promise<DoctorCheck[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:") return [];
  const name = "certificate";
  const host = hostname.replace(/^\[|\]$/g, "");
  // Looked at whatever is wrong with it; nothing is sent.
  const socket = connect({ host, port: Number(port || "443"), servername: host, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(5_000) });
    const { valid_to: validTo } = socket.getPeerCertificate();
    const left = Date.parse(validTo) - now;
    if (left <= 0) return [{ name, status: "broken", text: `ended on ${validTo}`, mend: "renew it" }];
    if (!socket.authorized) {
      const text = `isn't believed (${String(socket.authorizationError)})`;
      return [{ name, status: "broken", text, mend: "export GANTRY_CA_FILE=/path/to/your-ca.pem" }];
    }
    const text = `good until ${validTo}, ${duration(left)} from now`;
    return [left < soonMs ? { name, status: "missing", text, mend: "renew it" } : { name, status: "ok", text }];
  } catch {
    return [];
  } finally {
    socket.destroy();
  }
}
