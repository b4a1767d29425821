import type { ThingChange } from "@gantry/sdk";
import { useMemo, useState } from "react";
import { Button } from "../button.tsx";
import { StateMark, type Shape, type Tone } from "../state-mark.tsx";
import { useTexts } from "../texts.ts";
import { texts } from "./texts.ts";
import { groupThings } from "./tree.ts";
import { visible } from "./visible.ts";

const looks: Record<ThingChange["action"], readonly [Tone, Shape]> = {
  create: ["good", "ring"],
  update: ["info", "dots"],
  replace: ["attention", "back"],
  delete: ["bad", "cross"],
  forget: ["idle", "dash"],
  import: ["info", "ring"],
  move: ["idle", "play"],
};

const groupsAtFirst = 30;
const openUpTo = 6;

/** What becomes of things, by where they belong; each opens to what changes in it. */
export function ThingTree({ changes }: { changes: readonly ThingChange[] }) {
  const said = useTexts(texts);
  const groups = useMemo(() => groupThings(changes), [changes]);
  const [all, setAll] = useState(false);
  const shown = all ? groups : groups.slice(0, groupsAtFirst);
  const hidden = groups.slice(shown.length).reduce((sum, { things }) => sum + things.length, 0);
  return (
    <div className="space-y-2">
      {shown.map(({ name, things }) => (
        <div key={name}>
          {name !== "" && <p className="text-muted mb-1 font-mono text-xs [overflow-wrap:anywhere]">{visible(name)}</p>}
          <ul className="border-line divide-line divide-y rounded-md border">
            {things.map((thing) => (
              <li key={thing.name}>
                <Thing thing={thing} group={name} open={changes.length <= openUpTo} />
              </li>
            ))}
          </ul>
        </div>
      ))}
      {hidden > 0 && (
        <Button kind="quiet" small onClick={() => setAll(true)}>
          {said.moreThings(hidden)}
        </Button>
      )}
    </div>
  );
}

function Thing({ thing, group, open }: { thing: ThingChange; group: string; open: boolean }) {
  const said = useTexts(texts);
  const [tone, shape] = looks[thing.action];
  return (
    <details open={open} className="group">
      <summary className="hover:bg-hover flex min-h-8 flex-wrap items-center gap-2 px-2 py-1 text-xs">
        <StateMark tone={tone} shape={shape} word={said.actions[thing.action]} />
        <code className="min-w-0 flex-1 font-mono [overflow-wrap:anywhere]">
          {visible(group === "" ? thing.name : thing.name.slice(group.length + 1))}
        </code>
        {thing.because !== undefined && <span className="text-warn">{said.because(visible(thing.because))}</span>}
      </summary>
      {thing.parts.length > 0 && (
        <dl className="border-line space-y-1 border-t px-2 py-1.5 font-mono text-xs">
          {thing.parts.map(({ path, before, after }) => (
            <div key={path} className="[overflow-wrap:anywhere] sm:flex sm:gap-2">
              <dt className="text-muted sm:w-1/3 sm:shrink-0">{visible(path)}</dt>
              <dd className="min-w-0 sm:flex-1">
                {before !== undefined && before !== after && (
                  <span className="text-bad block">− {visible(before)}</span>
                )}
                {after !== undefined && before !== after && <span className="text-good block">+ {visible(after)}</span>}
                {before === after && <span className="text-muted block">{visible(before ?? "")}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}
