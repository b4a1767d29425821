import { ApiError } from "@gantry/sdk/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../../data/queries.ts";

export interface Change<Input, Output> {
  run(input: Input): void;
  pending: boolean;
  error: Error | null;
  result: Output | undefined;
  reset(): void;
}

/** Something that changes settings. All that is shown of them is read anew afterwards, the caller too. */
export function useChange<Input = void, Output = unknown>(
  work: (input: Input) => Promise<Output>,
  done?: (output: Output) => void,
  { last = false }: { /** Nothing can be read afterwards. */ last?: boolean } = {},
): Change<Input, Output> {
  const queries = useQueryClient();
  const { mutate, isPending, error, data, reset } = useMutation({
    mutationFn: work,
    onSuccess: async (output) => {
      done?.(output);
      if (last) return;
      await Promise.all(
        [keys.settings, keys.me].map((queryKey) => queries.invalidateQueries({ queryKey: [...queryKey] })),
      );
    },
  });
  return { run: mutate, pending: isPending, error, result: data, reset };
}

/** What the API says is wrong with one part of what it was sent. */
export function errorAt(error: Error | null, path: string): string | null {
  if (!(error instanceof ApiError)) return null;
  return error.problem?.errors?.find((one) => one.path === path)?.message ?? null;
}
