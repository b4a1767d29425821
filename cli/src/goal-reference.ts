import { allItems, type Client } from "@gantry/sdk/client";
import { GoalUnknownError } from "./errors.ts";

const looked = 2_000;

/** The id of a goal by the beginning of it. @throws {GoalUnknownError} */
export async function findGoal(client: Client, reference: string): Promise<string> {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(reference)) return reference;
  const matching: string[] = [];
  let seen = 0;
  for await (const { id } of allItems((cursor) => client.goals.list({ limit: 200, cursor }))) {
    if (reference !== "" && id.startsWith(reference)) matching.push(id);
    if (++seen >= looked) break;
  }
  const [only, ...others] = matching;
  if (only === undefined || others.length > 0) throw new GoalUnknownError(reference, matching);
  return only;
}
