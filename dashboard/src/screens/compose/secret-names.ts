import { useQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";
import type { Place } from "./place-fields.tsx";

/** Names of the secrets that runs there get: the environment's, the project's and the organization's. Who may not see them gets none. */
export function useSecretNames({ project, environment }: Place): readonly string[] {
  const client = useClient();
  const { data } = useQuery({
    queryKey: [...keys.settings, "secret names", project, environment],
    queryFn: async () => {
      const scopes = [{}, { project }, ...(environment === "" ? [] : [{ project, environment }])];
      const lists = await Promise.all(scopes.map((scope) => client.secrets.list(scope)));
      return [...new Set(lists.flatMap(({ items }) => items.map(({ name }) => name)))].toSorted();
    },
    throwOnError: false,
  });
  return data ?? [];
}
