import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** What a state means to who looks, whatever thing has it. */
export type Tone = "idle" | "active" | "attention" | "good" | "bad" | "info";

export type Shape =
  | "ring"
  | "dots"
  | "play"
  | "diamond"
  | "hourglass"
  | "pause"
  | "question"
  | "check"
  | "cross"
  | "back"
  | "stop"
  | "flake"
  | "dash";

const tones: Record<Tone, string> = {
  idle: "bg-sunken text-muted",
  active: "bg-info-soft text-info",
  attention: "bg-warn-soft text-warn",
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
};

/** A state in the one visual language: a colour, a shape and a word, so that none of them is needed to read it. */
export function StateMark({
  tone,
  shape,
  word,
  bare = false,
}: {
  tone: Tone;
  shape: Shape;
  word: string;
  bare?: boolean;
}) {
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1 rounded-sm text-xs font-medium whitespace-nowrap",
        bare ? tones[tone].replace(/bg-\S+ /, "") : `px-1.5 py-0.5 ${tones[tone]}`,
      )}
    >
      <ShapeIcon shape={shape} />
      {word}
    </span>
  );
}

/** 12 px, drawn in the colour of the text around it. */
export function ShapeIcon({ shape, label }: { shape: Shape; label?: string }) {
  return (
    <svg
      viewBox="0 0 12 12"
      className="size-3 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
    >
      {shapes[shape]}
    </svg>
  );
}

const shapes: Record<Shape, ReactNode> = {
  ring: <circle cx="6" cy="6" r="4.2" />,
  dots: <path d="M2 6h.01M6 6h.01M10 6h.01" strokeWidth="2.4" />,
  play: <path d="M3.5 2.2v7.6L9.8 6z" fill="currentColor" />,
  diamond: <path d="M6 1.2 10.8 6 6 10.8 1.2 6z" fill="currentColor" fillOpacity="0.25" />,
  hourglass: <path d="M3 1.5h6M3 10.5h6M3.5 1.5c0 3 5 5 5 9M8.5 1.5c0 3-5 5-5 9" />,
  pause: <path d="M4 2.5v7M8 2.5v7" strokeWidth="2.2" />,
  question: <path d="M3.8 4.2a2.2 2.2 0 1 1 3 2c-.6.3-.8.7-.8 1.3M6 10h.01" />,
  check: <path d="m2.2 6.4 2.6 2.7 5-6" strokeWidth="2" />,
  cross: <path d="m2.8 2.8 6.4 6.4m0-6.4L2.8 9.2" strokeWidth="2" />,
  back: <path d="M4.5 2 2 4.5 4.5 7M2 4.5h5a3 3 0 0 1 0 6H5" />,
  stop: <rect x="2.8" y="2.8" width="6.4" height="6.4" rx="0.8" fill="currentColor" fillOpacity="0.25" />,
  flake: <path d="M6 1.2v9.6M1.9 3.6l8.2 4.8M10.1 3.6 1.9 8.4" />,
  dash: <path d="M2.5 6h7" strokeWidth="2" />,
};
