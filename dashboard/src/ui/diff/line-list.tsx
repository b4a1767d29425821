import { useState } from "react";
import { Button } from "../button.tsx";
import { classNames } from "../class-names.ts";
import { visible } from "./visible.ts";
import { useTexts } from "../texts.ts";
import type { DiffLine } from "./lines.ts";
import { texts } from "./texts.ts";

const shownAtFirst = 300;

const looks: Record<DiffLine["change"], readonly [string, string]> = {
  same: [" ", ""],
  added: ["+", "bg-good-soft text-good"],
  removed: ["−", "bg-bad-soft text-bad"],
  note: [" ", "text-muted"],
};

/** Lines of a diff, inert and in one box that scrolls sideways; a sign tells what a colour tells. */
export function LineList({ lines, flush = false }: { lines: readonly DiffLine[]; flush?: boolean }) {
  const said = useTexts(texts);
  const [all, setAll] = useState(false);
  const shown = all ? lines : lines.slice(0, shownAtFirst);
  return (
    <div className={classNames("min-w-0 overflow-hidden", !flush && "border-line rounded-md border")}>
      <pre
        className="max-h-[60dvh] overflow-auto py-1 font-mono text-xs leading-5"
        tabIndex={0}
        role="group"
        aria-label={said.diff}
      >
        <code className="block w-max min-w-full">
          {shown.map(({ change, text }, index) => {
            const [sign, look] = looks[change];
            return (
              <span key={index} className={classNames("block px-2", look)}>
                {sign} {visible(text)}
                {"\n"}
              </span>
            );
          })}
        </code>
      </pre>
      {shown.length < lines.length && (
        <div className="border-line border-t p-1">
          <Button kind="quiet" small onClick={() => setAll(true)}>
            {said.moreLines(lines.length - shown.length)}
          </Button>
        </div>
      )}
    </div>
  );
}
