import { useEffect, useRef } from "react";
import "uplot/dist/uPlot.min.css";
import { useTexts } from "./texts.ts";

/** A line: a value for each day, null where there is none. */
export interface ChartLine {
  label: string;
  tone: "good" | "info" | "warn" | "bad";
  dashed?: boolean;
  values: readonly (number | null)[];
}

export interface ChartProps {
  /** What it shows, in a sentence: all that a screen reader gets of the picture. */
  label: string;
  /** `2026-11-22`, in UTC, oldest first. */
  days: readonly string[];
  lines: readonly ChartLine[];
  /** A value in words. */
  format(value: number): string;
  /** The axis ends there at least. */
  max?: number;
}

/** Lines over days, and the same numbers in a table beside them. */
export function Chart(props: ChartProps) {
  const { label, days, lines, format } = props;
  const said = useTexts(texts);
  return (
    <figure>
      <Picture {...props} />
      <figcaption className="text-muted mt-1 flex flex-wrap gap-x-4 text-xs">
        {lines.map((line) => (
          <span key={line.label} className="flex items-center gap-1.5">
            <span className={`w-4 border-t-2 ${swatches[line.tone]} ${line.dashed === true ? "border-dashed" : ""}`} />
            {line.label}
          </span>
        ))}
      </figcaption>
      <details className="mt-2 text-xs">
        <summary className="text-muted hover:text-text w-fit py-1">{said.table}</summary>
        <div className="mt-1 max-h-60 overflow-auto" tabIndex={0} role="region" aria-label={label}>
          <table className="w-full text-left">
            <caption className="sr-only">{label}</caption>
            <thead>
              <tr className="text-muted">
                <th scope="col" className="py-1 pr-3 font-medium">
                  {said.day}
                </th>
                {lines.map((line) => (
                  <th scope="col" key={line.label} className="py-1 pr-3 text-right font-medium">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.map((day, at) => (
                <tr key={day} className="border-line border-t">
                  <th scope="row" className="py-1 pr-3 font-normal whitespace-nowrap">
                    {day}
                  </th>
                  {lines.map((line) => (
                    <td key={line.label} className="py-1 pr-3 text-right whitespace-nowrap">
                      {shown(line.values[at], format)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

const swatches = { good: "border-good", info: "border-info", warn: "border-warn", bad: "border-bad" } as const;

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

/** Drawn anew when numbers, size or colours change. */
function Picture({ label, days, lines, format, max = 0 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = place.current;
    if (at === null) return;
    let gone = false;
    let clear = (): void => {};
    const draw = async (): Promise<void> => {
      const { default: Plot } = await import("uplot");
      clear();
      if (gone) return;
      const axis = {
        stroke: colourOf(at, "muted"),
        grid: { stroke: colourOf(at, "line"), width: 1 },
        ticks: { show: false },
      };
      const plot = new Plot(
        {
          width: at.clientWidth,
          height: 160,
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false }, y: { range: (_, __, top) => [0, Math.max(max, top * 1.1, 1e-9)] } },
          axes: [
            {
              ...axis,
              grid: { show: false },
              size: 28,
              // A place between two days has no name.
              values: (_, all) => all.map((one) => days[one]?.slice(5) ?? ""),
            },
            { ...axis, size: 64, values: (_, all) => all.map(format) },
          ],
          series: [
            {},
            ...lines.map((line) => ({
              stroke: colourOf(at, line.tone),
              width: 2,
              points: { show: true, size: 5 },
              ...(line.dashed === true ? { dash: [4, 4] } : {}),
            })),
          ],
        },
        [days.map((_, at) => at), ...lines.map(({ values }) => [...values])],
        at,
      );
      clear = () => plot.destroy();
    };
    const redraw = (): void => void draw();
    const size = new ResizeObserver(redraw);
    size.observe(at);
    const theme = new MutationObserver(redraw);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", redraw);
    return () => {
      gone = true;
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", redraw);
      clear();
    };
  }, [days, lines, format, max]);
  return <div ref={place} role="img" aria-label={label} className="h-40 w-full overflow-hidden" />;
}

/** A canvas knows no tokens: what the token is here and now. */
function colourOf(near: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--color-${token})`;
  near.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const texts = { en: { table: "As a table", day: "Day" } };
