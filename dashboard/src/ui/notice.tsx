import { ApiError, GantryError } from "@gantry/sdk/client";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { ShapeIcon, type Shape } from "./state-mark.tsx";
import { useTexts } from "./texts.ts";

export type NoticeTone = "good" | "warn" | "bad" | "info";

const looks: Record<NoticeTone, readonly [string, Shape]> = {
  good: ["bg-good-soft text-good", "check"],
  warn: ["bg-warn-soft text-warn", "question"],
  bad: ["bg-bad-soft text-bad", "cross"],
  info: ["bg-info-soft text-info", "dots"],
};

/** Something to know, said where it matters. What is wrong is announced at once. */
export function Notice({ tone, children }: { tone: NoticeTone; children: ReactNode }) {
  const [look, shape] = looks[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={classNames("flex items-start gap-2 rounded-md px-3 py-2 text-sm", look)}
    >
      <span className="mt-1">
        <ShapeIcon shape={shape} />
      </span>
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</div>
    </div>
  );
}

/** What went wrong, what to do, and what to name when asking somebody. */
export function ErrorNotice({ error }: { error: unknown }) {
  const said = useTexts(texts);
  if (!(error instanceof GantryError)) return <Notice tone="bad">{said.unknown}</Notice>;
  const problem = error instanceof ApiError ? error.problem : null;
  return (
    <Notice tone="bad">
      <p>{error.message}</p>
      <p className="mt-1 text-xs">
        <a href={`/errors/${error.code}`} className="underline">
          {error.code}
        </a>
        {problem !== null && (
          <>
            {" "}
            · {said.request} <code className="font-mono">{problem.requestId}</code>
          </>
        )}
      </p>
    </Notice>
  );
}

const texts = {
  en: {
    request: "request",
    unknown: "The dashboard itself failed here. Reload the page; if it happens again, tell whoever runs Gantry.",
  },
};
