import type { Json } from "@gantry/sdk";
import type { QuestionView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";

/** What runs ask people, the oldest first; read again as approvals are, with what happens to runs. */
export const questionsQuery = (client: Client) =>
  queryOptions({ queryKey: [...keys.approvals, "questions"], queryFn: () => client.questions.list() });

export function useAnswer({ id, run }: QuestionView) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (answer: Json) => client.questions.answer(id, answer),
    onSettled: () =>
      Promise.all(
        [keys.approvals, keys.overview, keys.run(run)].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
}
