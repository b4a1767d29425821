import { useQuery } from "@tanstack/react-query";
import { chosenOrganization } from "../data/client.ts";
import { keys, useClient, useMe } from "../data/queries.ts";
import { useTexts } from "../ui/texts.ts";

/** In which of their organizations the person works. With one there is nothing to choose. */
export function OrganizationChooser() {
  const client = useClient();
  const me = useMe();
  const said = useTexts(texts);
  const { data } = useQuery({
    queryKey: [...keys.settings, "organizations"],
    queryFn: () => client.organizations.list(),
    staleTime: Number.POSITIVE_INFINITY,
    throwOnError: false,
  });
  const items = data?.items ?? [];
  if (items.length < 2)
    return <span className="text-muted min-w-0 truncate text-sm font-medium">{me.organization.name}</span>;
  return (
    <select
      aria-label={said.organization}
      value={me.organization.id}
      onChange={({ target }) => {
        chosenOrganization.set(target.value);
        // Nothing of one organization may stay on the screen of another.
        location.assign("/");
      }}
      className="border-line bg-surface min-h-8 min-w-0 max-w-48 truncate rounded-md border px-2 text-sm max-sm:min-h-10"
    >
      {items.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

const texts = { en: { organization: "Organization" } };
