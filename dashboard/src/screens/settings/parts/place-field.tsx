import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";
import { SelectField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { placeText } from "./place.ts";

export function PlaceWord({ of }: { of: { project: string | null; environment: string | null } }) {
  const said = useTexts(texts);
  const text = placeText(of);
  return text === "" ? (
    <span className="text-muted">{said.organization}</span>
  ) : (
    <span className="font-mono text-xs">{text}</span>
  );
}

/** Where something belongs: in all of the organization, a project, or an environment of it. */
export function PlaceField({
  value,
  onChange,
  label,
  hint,
  all,
}: {
  value: string;
  onChange(place: string): void;
  label?: string;
  hint?: string;
  /** What no place in particular is called; false: one must be chosen. */
  all?: string | false;
}) {
  const said = useTexts(texts);
  const { projects, environments } = usePlaces();
  const options = [
    ...(all === false ? [] : [{ value: "", label: all ?? said.all }]),
    ...projects.flatMap(({ name }) => [
      { value: name, label: name },
      ...environments
        .filter(({ project }) => project === name)
        .map((one) => ({ value: placeText({ project: name, environment: one.name }), label: `${name} / ${one.name}` })),
    ]),
  ];
  // One that somebody linked to and that is gone stays visible.
  if (!options.some((option) => option.value === value)) options.push({ value, label: value });
  return (
    <SelectField
      label={label ?? said.where}
      {...(hint === undefined ? {} : { hint })}
      options={options}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function usePlaces() {
  const client = useClient();
  return useSuspenseQuery({
    queryKey: [...keys.settings, "places"],
    queryFn: async () => {
      const [projects, environments] = await Promise.all([client.projects.list(), client.environments.list()]);
      return { projects: projects.items, environments: environments.items };
    },
  }).data;
}

const texts = {
  en: { where: "Where it holds", all: "All of the organization", organization: "organization" },
};
