// A command that takes a while, then has its effect: what a tool starts through `ctx.exec`.
// node child.mjs <ledger's url> <milliseconds> <request>
import { setTimeout as delay } from "node:timers/promises";

const [, , ledger = "", ms = "", request = ""] = process.argv;
await delay(Number(ms));
const response = await fetch(`${ledger}/effect`, { method: "POST", body: request });
const answer = /** @type {import("../ledger-entry.ts").LedgerAnswer} */ (await response.json());
console.log(JSON.stringify(answer));
process.exit(answer.done ? 0 : 9);
