import type { Json } from "@gantry/sdk";
import type { ChangedEntry, ChangeSetView, Difference } from "@gantry/sdk/api";
import { Button } from "../../ui/button.tsx";
import { TextComparison } from "../../ui/diff/diff-view.tsx";
import { visible } from "../../ui/diff/visible.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { useChangeSetComparison } from "./data.ts";
import { texts } from "./texts.ts";

/** The change set isn't the one that this person looked at: why, what changed, and that they must look again. */
export function StaleNotice({
  run,
  looked,
  newest,
  onSeen,
}: {
  run: string;
  looked: ChangeSetView;
  newest: ChangeSetView;
  onSeen(): void;
}) {
  const said = useTexts(texts);
  const { from, rest, steps, omitted } = useChangeSetComparison(run, looked.hash, newest.hash);
  return (
    <>
      <Notice tone="warn">
        <p className="font-medium">{said.stale}</p>
        <p>{from.ended?.reason ?? said.staleStates[from.status]}</p>
      </Notice>
      <Panel
        title={said.changedSince}
        actions={
          newest.status === "open" && (
            <Button kind="primary" small onClick={onSeen}>
              {said.seen}
            </Button>
          )
        }
      >
        <div className="space-y-3 text-sm">
          <Named differences={rest} kind="touches" path="touches" />
          <Differences differences={rest.filter(({ path }) => !isNamed(path))} />
          <Named differences={rest} kind="policies" path="policy.policies" />
          {steps.map((entry) => (
            <Step key={entry.step} entry={entry} looked={looked} newest={newest} />
          ))}
          {omitted > 0 && <p className="text-muted">{said.omitted(omitted)}</p>}
        </div>
      </Panel>
    </>
  );
}

function Step({
  entry: { step, title, change, differences },
  looked,
  newest,
}: {
  entry: ChangedEntry;
  looked: ChangeSetView;
  newest: ChangeSetView;
}) {
  const said = useTexts(texts);
  const diffs = [looked, newest].map(
    ({ changeSet }) => changeSet.entries.find((one) => one.step === step)?.preview?.diff ?? "",
  );
  const isText = ({ path }: Difference): boolean => path === "preview.diff";
  // Said of the whole already, or by the step's own effect.
  const isSaid = ({ path }: Difference): boolean => /^preview\.(touches|effect|worstCase)/.test(path);
  return (
    <div className="space-y-1">
      <h3 className="font-medium">{said.changedStep(title, change)}</h3>
      <Differences differences={differences.filter((one) => !isText(one) && !isSaid(one))} />
      {differences.some(isText) && <TextComparison before={diffs[0] ?? ""} after={diffs[1] ?? ""} />}
    </div>
  );
}

const name = /^(?:touches|policy\.policies)(?:\.(.+)|\["(.*)"\])$/;

function isNamed(path: string): boolean {
  return name.test(path);
}

/** Names that came, and names that went. */
function Named({
  differences,
  kind,
  path,
}: {
  differences: readonly Difference[];
  kind: "touches" | "policies";
  path: string;
}) {
  const said = useTexts(texts).named[kind];
  const found = differences.filter((one) => one.path.startsWith(path) && isNamed(one.path));
  const namesOf = (list: readonly Difference[]): string =>
    list
      .map((one) => name.exec(one.path))
      .map((match) => visible(match?.[1] ?? match?.[2] ?? ""))
      .join(", ");
  const [added, removed] = [found.filter(({ a }) => a === undefined), found.filter(({ a }) => a !== undefined)];
  return (
    <>
      {added.length > 0 && (
        <p className="[overflow-wrap:anywhere]">
          <span className="text-muted">{said.added}</span> <span className="font-mono text-xs">{namesOf(added)}</span>
        </p>
      )}
      {removed.length > 0 && (
        <p className="[overflow-wrap:anywhere]">
          <span className="text-muted">{said.removed}</span>{" "}
          <span className="font-mono text-xs">{namesOf(removed)}</span>
        </p>
      )}
    </>
  );
}

function Differences({ differences }: { differences: readonly Difference[] }) {
  const said = useTexts(texts);
  return (
    <dl className="space-y-1">
      {differences.map(({ path, a, b }) => (
        <div key={path} className="[overflow-wrap:anywhere] sm:flex sm:gap-3">
          <dt className="text-muted sm:w-48 sm:shrink-0">{said.part(path)}</dt>
          <dd className="min-w-0">
            {a !== undefined && (
              <span className="text-bad">
                <span className="sr-only">{said.was} </span>
                <s>{shown(a)}</s>
              </span>
            )}{" "}
            {b !== undefined && (
              <span className="text-good font-medium">
                <span className="sr-only">{said.is} </span>
                {shown(b)}
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function shown(value: Json): string {
  return visible(typeof value === "string" ? value : JSON.stringify(value));
}
