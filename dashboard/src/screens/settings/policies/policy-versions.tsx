import type { PolicyDiff, PolicyView } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { LineList } from "../../../ui/diff/line-list.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { Panel } from "../../../ui/page.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useAddress } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { readPlace } from "../parts/place.ts";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** What a policy was, what differs, and how to have it again. */
export function PolicyVersions({
  policy,
  place,
  may,
  onRestored,
}: {
  policy: PolicyView;
  place: string;
  may: boolean;
  onRestored(text: string): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const at = readPlace(place);
  const { name } = policy;
  const [{ version: to, before: from }, say] = useAddress();
  const versions = useList(["policy", name, place, "versions"], (api) => api.policies.versions(name, at));
  const options = { project: at.project, e: at.environment };
  return (
    <div className="space-y-4">
      <Panel flush>
        <ul className="divide-line divide-y">
          {versions.map((one) => (
            <li key={one.version} className="flex flex-wrap items-center gap-2 px-3 py-2 text-sm">
              <span className="w-6 font-medium">{one.version}</span>
              <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
                <Time at={one.createdAt} /> <span className="text-muted">{said.by(one.actor)}</span>{" "}
                {one.restoredFrom !== null && <span className="text-muted">({said.restored(one.restoredFrom)}) </span>}
                {one.reason}
              </span>
              {one.current && <StateMark tone="good" shape="check" word={said.current} />}
              {one.removed && <StateMark tone="idle" shape="stop" word={said.removed} />}
              {one.version > 1 && (
                <Button
                  small
                  aria-label={`${said.compare}: ${said.comparing(one.version - 1, one.version)}`}
                  onClick={() => say({ before: one.version - 1, version: one.version })}
                >
                  {said.compare}
                </Button>
              )}
              {may && !one.current && !one.removed && (
                <ConfirmButton
                  small
                  confirm="primary"
                  label={said.restore}
                  title={said.restoreQuestion(name, one.version)}
                  command={commandLine(["policy", "restore", name, String(one.version)], {
                    reason: said.restored(one.version),
                    ...options,
                  })}
                  work={() =>
                    client.policies.restore(
                      name,
                      { version: one.version, expectedVersion: policy.version, reason: said.restored(one.version) },
                      at,
                    )
                  }
                  done={({ text }) => onRestored(text)}
                >
                  {said.restoreText}
                </ConfirmButton>
              )}
            </li>
          ))}
        </ul>
      </Panel>
      {from !== undefined && to !== undefined && <Difference name={name} place={place} from={from} to={to} />}
      <Twin>
        {from !== undefined && to !== undefined
          ? commandLine(["policy", "diff", name, String(from), String(to)], options)
          : commandLine(["policy", "versions", name], options)}
      </Twin>
    </div>
  );
}

function Difference({ name, place, from, to }: { name: string; place: string; from: number; to: number }) {
  const said = useTexts(texts);
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: [...keys.settings, "policy", name, place, "diff", from, to],
    queryFn: () => client.policies.diff(name, { ...readPlace(place), from, to }),
    throwOnError: false,
  });
  return (
    <Panel title={said.comparing(from, to)}>
      {error !== null && <ErrorNotice error={error} />}
      {data === undefined ? error === null && <Loading /> : <Lines lines={data.lines} />}
    </Panel>
  );
}

function Lines({ lines }: Pick<PolicyDiff, "lines">) {
  const said = useTexts(texts);
  if (lines.every(({ change }) => change === "same")) return <p className="text-muted text-sm">{said.same}</p>;
  return <LineList lines={lines} />;
}
