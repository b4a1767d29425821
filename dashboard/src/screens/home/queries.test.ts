import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { createClient } from "@gantry/sdk/client";
import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { meQuery } from "../../data/queries.ts";
import { askForHome } from "./queries.ts";

const early = readFileSync(new URL("../../../public/early.js", import.meta.url), "utf8");

/** What public/early.js asks on the page at `pathname`, of which organization, where the API answers with that status. */
async function askedEarly(
  pathname: string,
  { organization = null, status = 200 }: { organization?: string | null; status?: number } = {},
): Promise<{ paths: string[]; headers: object[]; answers: number[] }> {
  const asked: { path: string; init: { headers: object } }[] = [];
  const page: { gantryEarly?: Map<string, Promise<Response>> } = {};
  runInNewContext(early, {
    globalThis: page,
    document: { documentElement: { dataset: {} } },
    localStorage: { getItem: (name: string) => (name === "gantry.organization" ? organization : null) },
    location: { pathname },
    fetch: async (path: string, init: { headers: object }) => {
      asked.push({ path, init });
      return Response.json({}, { status });
    },
  });
  const answers = await Promise.all(page.gantryEarly!.values());
  return {
    paths: asked.map(({ path }) => path).toSorted(),
    headers: asked.map(({ init }) => init.headers),
    answers: answers.map((answer) => answer.status),
  };
}

test("what is asked before the program is there is what the start page asks", async () => {
  const asked: string[] = [];
  const client = createClient({
    url: "http://dashboard",
    fetch: async (input) => {
      const { pathname, search } = input as URL;
      asked.push(pathname + search);
      return Response.json({ items: [] });
    },
  });
  const queries = new QueryClient();
  askForHome({ queries, client });
  await queries.query(meQuery(client));
  expect((await askedEarly("/")).paths).toEqual(asked.toSorted());
});

test("who isn't signed in is refused once, and that is the answer to all of it", async () => {
  const { paths, answers } = await askedEarly("/", { status: 401 });
  expect(paths).toEqual(["/api/v1/me"]);
  expect(answers).toHaveLength(9);
  expect(new Set(answers)).toEqual(new Set([401]));
});

test("other pages ask early who looks, of the organization that was chosen", async () => {
  const { paths, headers } = await askedEarly("/runs", { organization: "0192f0c1" });
  expect(paths).toEqual(["/api/v1/me"]);
  expect(headers).toEqual([expect.objectContaining({ "x-gantry-organization": "0192f0c1" })]);
});
