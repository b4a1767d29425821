import type { Command } from "commander";
import type { Act } from "../action.ts";
import { renderChecks } from "../doctor/check.ts";
import { checkMachine } from "../doctor/machine.ts";
import { checkServer } from "../doctor/server.ts";

/** `gantry doctor`: what works, what doesn't, what still works without it, and the command that mends it. */
export function doctorCommand(program: Command, act: Act): void {
  const doctor = program
    .command("doctor")
    .description("See what works on this machine and at the server. Exits with 1 when something required is missing.");
  act(doctor, async (context) => {
    const { terminal } = context;
    const [machine, server] = await Promise.all([checkMachine(context.config), checkServer(context)]);
    const checks = [...machine, ...server];
    const broken = checks.filter(({ status }) => status === "broken");
    if (context.json) terminal.json({ ok: broken.length === 0, checks });
    else {
      terminal.data(renderChecks(checks, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
      const missing = checks.filter(({ status }) => status === "missing").length;
      terminal.say(
        broken.length > 0
          ? `\n${broken.length} to mend: ${broken.map(({ name }) => name).join(", ")}`
          : `\nNothing required is missing${missing > 0 ? `; ${missing} more would be good to have` : ""}.`,
      );
    }
    return broken.length === 0 ? "ok" : "failed";
  });
}
