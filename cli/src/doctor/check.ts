import type { DoctorCheck } from "@gantry/sdk/api";
import type { Layout } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { hanging } from "../render/text.ts";

export function renderChecks(checks: readonly DoctorCheck[], { paint, width }: Layout): string[] {
  return checks.flatMap(({ name, status, text, mend }) => {
    const lead = status === "ok" ? "ok    " : status === "missing" ? "-     " : "FAIL  ";
    const [first = "", ...rest] = hanging(lead, `${name}: ${safeLine(text)}`, width);
    const style = status === "ok" ? "green" : status === "missing" ? "dim" : "red";
    const head =
      paint(style, lead) + (status === "missing" ? paint("dim", first.slice(lead.length)) : first.slice(lead.length));
    const fix = mend === undefined ? [] : [`        do:  ${paint("cyan", mend)}`];
    return [head, ...rest.map((line) => (status === "missing" ? paint("dim", line) : line)), ...fix];
  });
}
