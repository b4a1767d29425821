import type { PolicyDiff } from "@gantry/sdk/api";
import { useTexts } from "../../../ui/texts.ts";
import { texts } from "./texts.ts";

const looks = { same: "", added: "bg-good-soft text-good", removed: "bg-bad-soft text-bad" } as const;
const signs = { same: " ", added: "+", removed: "-" } as const;

/** Lines of a text with what was added and removed, by colour, sign and word. */
export function DiffLines({ lines }: { lines: PolicyDiff["lines"] }) {
  const said = useTexts(texts);
  if (lines.every(({ change }) => change === "same")) return <p className="text-muted text-sm">{said.same}</p>;
  return (
    <div className="overflow-x-auto" role="group" tabIndex={0} aria-label={said.differs}>
      <pre className="w-max min-w-full font-mono text-xs leading-5">
        {lines.map(({ change, text }, index) => (
          <div key={index} className={looks[change]}>
            <span aria-hidden="true" className="inline-block w-5 pl-1 select-none">
              {signs[change]}
            </span>
            {change !== "same" && <span className="sr-only">{change === "added" ? said.added : said.gone} </span>}
            {text}
          </div>
        ))}
      </pre>
    </div>
  );
}
