import { useState } from "react";
import { Button } from "./button.tsx";
import { useTexts } from "./texts.ts";

/** A command line that does the same, to be copied. */
export function Command({ children: command, label }: { children: string; label?: string }) {
  return (
    <div className="min-w-0">
      {label !== undefined && <p className="text-muted mb-1 text-xs">{label}</p>}
      <div className="border-line bg-sunken flex min-w-0 items-center gap-1 rounded-md border py-0.5 pr-0.5 pl-2">
        <code className="min-w-0 flex-1 overflow-x-auto py-1 font-mono text-xs whitespace-pre" tabIndex={0}>
          {command}
        </code>
        <CopyButton text={command} />
      </div>
    </div>
  );
}

/** Copies `text`, and says so. */
export function CopyButton({ text, children }: { text: string; children?: string }) {
  const said = useTexts(texts);
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = async (): Promise<void> => {
    setState((await write(text)) ? "copied" : "failed");
    setTimeout(() => setState("idle"), 2_000);
  };
  return (
    <Button kind="quiet" small onClick={() => void copy()}>
      <span aria-live="polite">{state === "idle" ? (children ?? said.copy) : said[state]}</span>
    </Button>
  );
}

/** Browsers give the clipboard to pages by https and of this machine only; elsewhere the older way works still. */
async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  // The only way on pages by http of another machine; browsers keep it for that.
  // oxlint-disable-next-line typescript/no-deprecated
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

const texts = { en: { copy: "Copy", copied: "Copied", failed: "Not copied" } };
