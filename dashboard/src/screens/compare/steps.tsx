import type { StepComparison, StepMeasure } from "@gantry/sdk/api";
import { Fragment } from "react";
import { useTexts } from "../../ui/texts.ts";
import { duration } from "../../ui/time.tsx";
import { Differences } from "./differences.tsx";
import { SmallTable } from "./table.tsx";
import { texts } from "./texts.ts";

/** Step by step: how each went in both runs, and below it where what went in or came out differs. */
export function StepDifferences({ steps }: { steps: readonly StepComparison[] }) {
  const said = useTexts(texts);
  if (steps.length === 0) return <p className="text-muted px-3 py-2 text-sm">{said.none}</p>;
  return (
    <SmallTable fixed label={said.steps} head={[said.step, said.first, said.second]}>
      {steps.map(({ step, a, b, input, output }) => (
        <Fragment key={step}>
          <tr>
            <th scope="row" className="px-3 py-1.5 text-left font-mono text-xs font-normal [overflow-wrap:anywhere]">
              {step}
            </th>
            <Measure of={a} />
            <Measure of={b} />
          </tr>
          {[[said.input, input] as const, [said.output, output] as const].map(
            ([label, list]) =>
              list.length > 0 && (
                <tr key={label}>
                  <td colSpan={3} className="bg-sunken px-3 py-2">
                    <p className="text-muted mb-1 text-xs">{label}</p>
                    <Differences label={`${step}: ${label}`} list={list} />
                  </td>
                </tr>
              ),
          )}
        </Fragment>
      ))}
    </SmallTable>
  );
}

function Measure({ of }: { of: StepMeasure | null }) {
  const said = useTexts(texts);
  if (of === null) return <td className="text-muted px-3 py-1.5">{said.nothing}</td>;
  return (
    <td className="px-3 py-1.5">
      <span className="font-medium">{of.status.replaceAll("_", " ")}</span>
      <span className="text-muted">
        {" "}
        · {duration(of.ms)} · {said.attempts}: {of.attempts}
        {of.failures > 0 && ` · ${said.failures}: ${of.failures}`}
      </span>
      {of.error !== null && <span className="text-bad block text-xs [overflow-wrap:anywhere]">{of.error}</span>}
    </td>
  );
}
