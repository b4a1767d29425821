import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";
import { SelectField } from "../../ui/field.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

export interface Place {
  project: string;
  /** Empty: not said. */
  environment: string;
}

/** Every environment with its project; a list that short is read whole. */
export function usePlaces(): readonly { project: string; name: string }[] {
  const client = useClient();
  return useSuspenseQuery({ queryKey: [...keys.settings, "environments"], queryFn: () => client.environments.list() })
    .data.items;
}

/** Where something runs. `open`: the sentence may say it. */
export function PlaceFields({
  place,
  onChange,
  open = false,
  error,
}: {
  place: Place;
  onChange(place: Place): void;
  open?: boolean;
  error?: string | null;
}) {
  const said = useTexts(texts);
  const places = usePlaces();
  const projects = [...new Set(places.map(({ project }) => project))];
  const here = places.filter(({ project }) => project === place.project);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {(projects.length > 1 || !projects.includes(place.project)) && (
        <SelectField
          label={said.project}
          value={place.project}
          onChange={(event) => onChange({ project: event.target.value, environment: "" })}
          options={[...new Set([place.project, ...projects])].map((name) => ({ value: name, label: name }))}
        />
      )}
      <SelectField
        label={said.environment}
        error={error}
        value={place.environment}
        onChange={(event) => onChange({ ...place, environment: event.target.value })}
        options={[
          { value: "", label: open ? said.asSaid : said.choose },
          ...here.map(({ name }) => ({ value: name, label: name })),
        ]}
      />
    </div>
  );
}
