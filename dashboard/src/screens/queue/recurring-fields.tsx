import { Checks } from "../settings/parts/checks.tsx";
import { TextField } from "../../ui/field.tsx";
import { useTexts } from "../../ui/texts.ts";
import type { Recurring } from "./recurring.ts";
import { texts } from "./texts.ts";

/** On which days, from when, how long, by whose clock. */
export function RecurringFields({ value, onChange }: { value: Recurring; onChange(value: Recurring): void }) {
  const said = useTexts(texts);
  const set = (changed: Partial<Recurring>): void => onChange({ ...value, ...changed });
  return (
    <>
      <Checks
        legend={said.days}
        options={weekdays.map((day) => ({ value: day, label: said.weekdays[day] }))}
        value={weekdays.filter((day) => value.days.includes(Number(day)))}
        onChange={(days) => set({ days: days.map(Number) })}
      />
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField
          label={said.at}
          type="time"
          value={value.time}
          onChange={({ target }) => set({ time: target.value })}
        />
        <TextField
          label={said.hours}
          type="number"
          min={1}
          max={744}
          value={value.hours}
          onChange={({ target }) => set({ hours: target.value })}
        />
        <TextField
          label={said.timeZone}
          value={value.timeZone}
          onChange={({ target }) => set({ timeZone: target.value })}
        />
      </div>
    </>
  );
}

/** Weeks begin on Monday. */
const weekdays = ["1", "2", "3", "4", "5", "6", "0"] as const;
