import { openSocket } from "../outgoing/index.ts";
import { addressOf, ask, noAddress } from "./ask.ts";
import type { Probe } from "./probe.ts";

/** How a tool would use the credentials isn't known here, so it is only seen whether anybody answers. */
export const tryAddress: Probe = async (deps, connection) => {
  const address = addressOf(connection);
  const { host, port } = connection.settings;
  if (address !== null && /^https?:/i.test(address)) {
    const status = await ask(deps, connection, address);
    const message = `It answers with status ${status}.`;
    return [{ what: "reach", outcome: status < 500 ? "passed" : "failed", message }];
  }
  if (host === undefined || !/^\d{1,5}$/.test(port ?? "")) return [noAddress];
  const { socket } = await openSocket(deps.guard, { host, port: Number(port), signal: deps.signal });
  socket.destroy();
  return [{ what: "reach", outcome: "passed", message: "It takes connections." }];
};
