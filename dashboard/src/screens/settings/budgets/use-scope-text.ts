import type { BudgetView } from "@gantry/sdk/api";
import { useTexts } from "../../../ui/texts.ts";
import { texts } from "./texts.ts";

/** Whose budget it is. */
export function useScopeText(): (of: BudgetView) => string {
  const said = useTexts(texts);
  return ({ project, agent, run, eachRun }) =>
    [
      ...(run === null ? [] : [said.ofRun(run)]),
      ...(agent === null ? [] : [said.ofAgent(agent)]),
      ...(project === null ? [] : [said.ofProject(project)]),
      ...(eachRun ? [said.eachRun] : []),
    ].join(", ") || said.organization;
}
