import { defineAgent, defineRunbook, type PlanBuilder } from "@gantry/sdk";
import { z } from "zod";
import { adopted, charge, exclusive, fail, fill, fire, inspected, place, poison, read } from "./tools.ts";

const Parameters = z.object({ ledger: z.url(), ms: z.int().default(0), section: z.string().default("s") });
type Parameters = z.infer<typeof Parameters>;
type Shape = (plan: PlanBuilder, parameters: Parameters) => void;

const sequence: Shape = (plan, { ledger, ms }) => {
  const first = plan.step("first", read, { ledger, ms });
  const charged = plan.step("charged", charge, { ledger, ms }, { after: [first] });
  const placed = plan.step("placed", place, { ledger, ms }, { after: [charged] });
  plan.step("last", read, { ledger, ms }, { after: [placed] });
};

/** Plans of the forms that can go wrong in ways of their own. */
const shapes: Record<string, Shape> = {
  sequence,
  fan: (plan, { ledger, ms }) => {
    const items = plan.each("items", [1, 2, 3, 4], place, () => ({ ledger, ms }), { parallel: 2 });
    const side = plan.step("side", charge, { ledger, ms });
    plan.step("end", charge, { ledger, ms }, { after: [items, side] });
  },
  timer: (plan, { ledger, ms }) => {
    const before = plan.step("before", charge, { ledger, ms });
    const wait = plan.wait("wait", { kind: "duration", ms: 2_500 }, { after: [before] });
    plan.step("behind", place, { ledger, ms }, { after: [wait] });
  },
  signal: (plan, { ledger, ms }) => {
    const before = plan.step("before", place, { ledger, ms });
    const wait = plan.wait("wait", { kind: "signal", name: "go" }, { after: [before] });
    plan.step("behind", charge, { ledger, ms }, { after: [wait] });
  },
  parent: (plan, { ledger, ms }) => {
    const before = plan.step("before", charge, { ledger, ms });
    const child = plan.subRun("child", "fault.sequence", { ledger, ms }, { after: [before] });
    plan.step("behind", place, { ledger, ms }, { after: [child] });
  },
  exclusive: (plan, { ledger, ms, section }) => {
    plan.step("alone", exclusive, { ledger, ms: ms + 10, section }, { concurrencyKey: section });
  },
  fire: (plan, { ledger, ms }) => {
    const fired = plan.step("fired", fire, { ledger, ms });
    plan.step("behind", charge, { ledger, ms }, { after: [fired] });
  },
  commands: (plan, { ledger, ms }) => {
    plan.step("adopted", adopted, { ledger, ms });
    plan.step("inspected", inspected, { ledger, ms });
  },
  short: (plan, { ledger, ms }) => {
    const first = plan.step("first", read, { ledger, ms });
    plan.step("charged", charge, { ledger, ms }, { after: [first] });
  },
  poison: (plan, { ledger, ms }) => {
    plan.step("poison", poison, { ledger, ms });
  },
};

const runbook = (name: string, plan: Shape, onFailure: "stop" | "undo" = "stop") =>
  defineRunbook({
    name: `fault.${name}`,
    version: "1.0.0",
    title: `Fault test: ${name}`,
    parameters: Parameters,
    onFailure,
    plan,
  });

/** The agent of the fault tests: tools whose every effect is told to a ledger outside Gantry. */
export const agent = defineAgent({
  name: "fault",
  version: "1.0.0",
  title: "Fault tests",
  instructions: "Reports each effect to the ledger.",
  tools: [read, charge, place, fire, exclusive, adopted, inspected, fail, poison, fill],
  runbooks: [
    ...Object.entries(shapes).map(([name, plan]) => runbook(name, plan)),
    runbook(
      "undone",
      (plan, { ledger, ms }) => {
        const charged = plan.step("charged", charge, { ledger, ms });
        const placed = plan.step("placed", place, { ledger, ms }, { after: [charged] });
        plan.step("failing", fail, { ledger, ms }, { after: [placed] });
      },
      "undo",
    ),
    defineRunbook({
      name: "fault.filling",
      version: "1.0.0",
      title: "Fault test: fill the disk",
      parameters: Parameters.extend({ bytes: z.int() }),
      plan: (plan, { ledger, ms, bytes }) => {
        const filled = plan.step("filled", fill, { ledger, ms, bytes });
        plan.step("behind", charge, { ledger, ms }, { after: [filled] });
      },
    }),
  ],
  packageUrl: new URL(".", import.meta.url).href,
});
