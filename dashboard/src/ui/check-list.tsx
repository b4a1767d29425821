import type { DoctorCheck } from "@gantry/sdk/api";
import { Command } from "./command.tsx";
import { StateMark, type Shape, type Tone } from "./state-mark.tsx";
import { useTexts } from "./texts.ts";

const looks: Record<DoctorCheck["status"], readonly [Tone, Shape]> = {
  broken: ["bad", "cross"],
  missing: ["idle", "ring"],
  ok: ["good", "check"],
};

/** What was looked at: first what must be mended, then what could be there, then what is well. */
export function CheckList({ checks }: { checks: readonly DoctorCheck[] }) {
  const said = useTexts(texts);
  const order = Object.keys(looks);
  const sorted = checks.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return (
    <ul className="divide-line divide-y">
      {sorted.map(({ name, status, text, mend }) => {
        const [tone, shape] = looks[status];
        return (
          <li
            key={`${name} ${text}`}
            className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 px-3 py-2 text-sm sm:grid-cols-[6rem_11rem_1fr]"
          >
            <span>
              <StateMark tone={tone} shape={shape} word={said[status]} />
            </span>
            <span className="font-medium">{name}</span>
            <div className="min-w-0 space-y-1.5 max-sm:col-span-2">
              <p className="[overflow-wrap:anywhere]">{text}</p>
              {mend !== undefined && <Command>{mend}</Command>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

const texts = { en: { broken: "to mend", missing: "not there", ok: "in order" } };
