import { useState } from "react";
import { Button } from "./button.tsx";
import { copyText } from "./clipboard.ts";
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

/** The command line twin of what is on the screen. */
export function Twin({ children }: { children: string }) {
  return <Command label={useTexts(texts).twin}>{children}</Command>;
}

/** Copies `text`, and says so. */
export function CopyButton({ text, children }: { text: string; children?: string }) {
  const said = useTexts(texts);
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = async (): Promise<void> => {
    setState((await copyText(text)) ? "copied" : "failed");
    setTimeout(() => setState("idle"), 2_000);
  };
  return (
    <Button kind="quiet" small onClick={() => void copy()}>
      <span aria-live="polite">{state === "idle" ? (children ?? said.copy) : said[state]}</span>
    </Button>
  );
}

const texts = {
  en: { copy: "Copy", copied: "Copied", failed: "Not copied", twin: "The same at the command line" },
};
