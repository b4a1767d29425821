import { memo } from "react";
import { classNames } from "./class-names.ts";
import {
  backgroundOf,
  bold,
  italic,
  markFound,
  plainStyle,
  readOutput,
  sign,
  strike,
  toneOf,
  underline,
  type OutputStyle,
} from "./output.ts";
import { useTexts } from "./texts.ts";

/** A line that a tool printed, as inert text in the colours that the tool gave it. */
export const OutputLine = memo(function OutputLine({
  line,
  from = plainStyle,
  needle = "",
}: {
  line: string;
  /** The style that the line before it ended with. */
  from?: OutputStyle;
  /** What to mark, in lower case. */
  needle?: string;
}) {
  const said = useTexts(texts);
  return markFound(readOutput(line, from), needle).map(({ text, style, found }, index) => {
    const look = lookOf(style);
    const content = found ? <mark className="bg-found text-text">{text}</mark> : text;
    if (look === "" && !found) return text;
    return (
      // Spans have no other name than their place.
      <span key={index} className={look} title={(style & sign) === 0 ? undefined : said.sign}>
        {content}
      </span>
    );
  });
});

const tones = {
  none: "",
  bad: "text-bad",
  good: "text-good",
  warn: "text-warn",
  info: "text-info",
  magenta: "text-magenta",
  cyan: "text-cyan",
  muted: "text-muted",
} as const;

const backgrounds = {
  none: "",
  bad: "bg-bad-soft",
  good: "bg-good-soft",
  warn: "bg-warn-soft",
  info: "bg-info-soft",
  magenta: "bg-info-soft",
  cyan: "bg-info-soft",
  muted: "bg-hover",
} as const;

function lookOf(style: OutputStyle): string {
  if (style === plainStyle) return "";
  if ((style & sign) !== 0) return "bg-warn-soft text-warn rounded-sm px-0.5";
  return classNames(
    tones[toneOf(style)],
    backgrounds[backgroundOf(style)],
    (style & bold) !== 0 && "font-semibold",
    (style & italic) !== 0 && "italic",
    (style & underline) !== 0 && "underline",
    (style & strike) !== 0 && "line-through",
  );
}

const texts = { en: { sign: "A character that can't be seen" } };
