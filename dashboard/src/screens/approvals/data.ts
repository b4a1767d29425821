import type { Digest } from "@gantry/sdk";
import type { CommandAnswer, RunApproval } from "@gantry/sdk/api";
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";
import { answerQuestion } from "../../data/passkey.ts";

/** What waits, page by page. */
export function useWaiting() {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: [...keys.approvals, "waiting"],
    queryFn: ({ pageParam }) =>
      client.approvals.list({ limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

/** The run with its change sets, and what the caller can do about the newest; both are read anew with each event of the run. */
export function useRunApproval(run: string) {
  const client = useClient();
  const detail = useSuspenseQuery({ queryKey: [...keys.run(run), "detail"], queryFn: () => client.runs.get(run) }).data;
  const hash = detail.changeSets.at(-1)?.hash ?? null;
  const approval = useSuspenseQuery({
    queryKey: [...keys.run(run), "approval"],
    queryFn: (): Promise<RunApproval | null> => (hash === null ? Promise.resolve(null) : client.runs.approval(run)),
  }).data;
  return { detail, approval };
}

/** What changed from one change set of the run to another. */
export function useChangeSetComparison(run: string, from: Digest, to: Digest) {
  const client = useClient();
  return useSuspenseQuery({
    queryKey: [...keys.run(run), "comparison", from, to],
    queryFn: () => client.runs.compareChangeSets(run, { from, to }),
  }).data;
}

/** How a second factor is given. */
export type Factor =
  | { kind: "none" }
  | { kind: "totp"; code: string }
  | { kind: "passkey" }
  | { kind: "proof"; id: string };

interface Approving {
  hash: Digest;
  reason: string;
  factor: Factor;
}

/** A passkey that belongs to another address of this installation is asked there; then the approval goes on with its proof. */
export class PasskeyElsewhere extends Error {
  readonly link: string;
  readonly proof: string;
  constructor(link: string, proof: string) {
    super("The passkey is asked at another address.");
    this.link = link;
    this.proof = proof;
  }
}

export function useApprove(run: string) {
  const client = useClient();
  const queries = useQueryClient();

  const prove = async (hash: Digest, factor: Factor): Promise<string | null> => {
    switch (factor.kind) {
      case "none":
        return null;
      case "proof":
        return factor.id;
      case "totp":
        return (await client.runs.prove(run, { hash, totp: factor.code })).id;
      case "passkey": {
        const { id, link } = await client.runs.challenge(run, { hash });
        if (new URL(link, location.href).origin !== location.origin) throw new PasskeyElsewhere(link, id);
        const { question } = await client.runs.proof(run, id);
        if (question !== null) await client.runs.answerProof(run, id, { assertion: await answerQuestion(question) });
        return id;
      }
    }
  };

  return useMutation({
    mutationFn: async ({ hash, reason, factor }: Approving): Promise<CommandAnswer> => {
      const proof = await prove(hash, factor);
      return client.runs.approve(run, { hash, proof, reason: reason === "" ? null : reason });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: keys.run(run) }),
  });
}

export function useReject(run: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { hash: Digest; reason: string }) => client.runs.reject(run, body),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.run(run) }),
  });
}

export function useComment(run: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { hash: Digest; text: string }) => client.runs.comment(run, body),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.run(run) }),
  });
}
