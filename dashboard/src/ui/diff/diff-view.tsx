import type { ThingChange } from "@gantry/sdk";
import { useMemo } from "react";
import { useTexts } from "../texts.ts";
import { compareTexts, readDiff, type DiffFile } from "./lines.ts";
import { LineList } from "./line-list.tsx";
import { texts } from "./texts.ts";
import { ThingTree } from "./thing-tree.tsx";

/** What changes, in the form that fits: thing by thing where the preview tells so, file by file, or as a text. */
export function DiffView({ text, changes = [] }: { text: string; changes?: readonly ThingChange[] }) {
  const said = useTexts(texts);
  if (changes.length === 0) return <TextDiff text={text} />;
  return (
    <>
      <ThingTree changes={changes} />
      {text !== "" && (
        <details className="mt-2">
          <summary className="text-muted text-xs">{said.asText}</summary>
          <div className="mt-1">
            <TextDiff text={text} />
          </div>
        </details>
      )}
    </>
  );
}

/** A diff as a text: of files, or of anything. */
function TextDiff({ text }: { text: string }) {
  const files = useMemo(() => readDiff(text), [text]);
  return (
    <div className="space-y-2">
      {files.map((file, index) => (
        <FileDiff key={`${file.path ?? ""} ${index}`} file={file} open={files.length <= 3} />
      ))}
    </div>
  );
}

/** Two texts, and what differs between them. */
export function TextComparison({ before, after }: { before: string; after: string }) {
  const lines = useMemo(() => compareTexts(before, after), [before, after]);
  return <LineList lines={lines} />;
}

function FileDiff({ file, open }: { file: DiffFile; open: boolean }) {
  const said = useTexts(texts);
  if (file.path === null) return <LineList lines={file.lines} />;
  return (
    <details className="border-line rounded-md border" open={open}>
      <summary className="bg-sunken flex min-h-8 flex-wrap items-center gap-x-2 rounded-md px-2 py-1 text-xs">
        <code className="min-w-0 flex-1 font-mono [overflow-wrap:anywhere]">{file.path}</code>
        <span className="text-muted">{said.files[file.change]}</span>
        <span className="text-good">+{file.added}</span>
        <span className="text-bad">−{file.removed}</span>
      </summary>
      {file.lines.length > 0 && <LineList lines={file.lines} flush />}
    </details>
  );
}
