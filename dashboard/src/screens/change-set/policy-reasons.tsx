import type { Decision } from "@gantry/sdk";
import { Link } from "@tanstack/react-router";
import { useTexts } from "../../ui/texts.ts";
import { policyOf } from "./facts.ts";
import { Fact } from "./summary.tsx";
import { texts } from "./texts.ts";

/** The policies that decided, by name, why, and whose approval lifts them. */
export function PolicyReasons({
  decision,
  project,
  environment,
}: {
  decision: Decision;
  project: string;
  environment: string;
}) {
  const said = useTexts(texts);
  return (
    <Fact title={said.policy}>
      {decision.reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <ul className="mt-1 flex flex-wrap gap-x-3 gap-y-1">
        {decision.policies.map((id) => (
          <li key={id}>
            <PolicyName id={id} project={project} environment={environment} />
          </li>
        ))}
      </ul>
      {decision.approvals.length > 0 && (
        <p className="mt-1">
          {said.needs} {decision.approvals.map(({ group, count }) => said.approvals(count, group)).join(", ")}
        </p>
      )}
    </Fact>
  );
}

function PolicyName({ id, project, environment }: { id: string; project: string; environment: string }) {
  const said = useTexts(texts);
  const { policy } = policyOf(id, { project, environment });
  if (policy === null)
    return (
      <span className="font-mono text-xs">
        {id} <span className="text-muted font-sans">({said.policyBuiltIn})</span>
      </span>
    );
  return (
    <Link
      to="/settings/$section"
      params={{ section: "policies" }}
      search={{ show: `${policy.name}@${policy.place}` }}
      className="text-accent font-mono text-xs underline"
    >
      {id}
    </Link>
  );
}
