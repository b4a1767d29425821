import { Button } from "../button.tsx";
import { TextField } from "../field.tsx";
import { useTexts } from "../texts.ts";
import { utcTime } from "../time.tsx";
import { Facet } from "./facet.tsx";

/** Two moments, ISO 8601 in UTC; absent: open on that side. Always absolute, so that the address means the same tomorrow. */
export interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

const spans = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 } as const;

export function RangeFacet({ label, range, onChange }: { label: string; range: Range; onChange(range: Range): void }) {
  const said = useTexts(texts);
  const { from, to } = range;
  const words =
    from === undefined
      ? to === undefined
        ? null
        : said.until(utcTime(to))
      : to === undefined
        ? said.since(utcTime(from))
        : said.fromTo(utcTime(from), utcTime(to));
  return (
    <Facet label={label} chosen={words} onClear={() => onChange({})}>
      <div className="mb-3 grid grid-cols-2 gap-1.5">
        {(Object.keys(spans) as (keyof typeof spans)[]).map((span) => (
          <Button key={span} small onClick={() => onChange({ from: new Date(Date.now() - spans[span]).toISOString() })}>
            {said.last[span]}
          </Button>
        ))}
      </div>
      <div className="space-y-2">
        <TextField
          label={said.from}
          type="datetime-local"
          value={inputOf(from)}
          onChange={({ target }) => onChange({ ...range, from: momentOf(target.value) })}
        />
        <TextField
          label={said.to}
          type="datetime-local"
          value={inputOf(to)}
          onChange={({ target }) => onChange({ ...range, to: momentOf(target.value) })}
        />
      </div>
    </Facet>
  );
}

const inputOf = (at: string | undefined): string => at?.slice(0, 16) ?? "";

/** What stands in the field is UTC. */
function momentOf(value: string): string | undefined {
  const at = Date.parse(`${value}Z`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

const texts = {
  en: {
    last: { hour: "Last hour", day: "Last 24 hours", week: "Last 7 days", month: "Last 30 days" },
    from: "From (UTC)",
    to: "To (UTC)",
    since: (from: string) => `since ${from}`,
    until: (to: string) => `until ${to}`,
    fromTo: (from: string, to: string) => `${from} – ${to}`,
  },
};
