import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { createClient } from "@gantry/sdk/client";
import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { meQuery } from "../../data/queries.ts";
import { askForHome } from "./queries.ts";

const early = readFileSync(new URL("../../../public/early.js", import.meta.url), "utf8");

/** What public/early.js asks on the page at `pathname`, of which organization. */
function askedEarly(pathname: string, organization: string | null = null): { paths: string[]; headers: object[] } {
  const asked: { path: string; init: { headers: object } }[] = [];
  runInNewContext(early, {
    document: { documentElement: { dataset: {} } },
    localStorage: { getItem: (name: string) => (name === "gantry.organization" ? organization : null) },
    location: { pathname },
    fetch: async (path: string, init: { headers: object }) => void asked.push({ path, init }),
  });
  return { paths: asked.map(({ path }) => path).toSorted(), headers: asked.map(({ init }) => init.headers) };
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
  expect(askedEarly("/").paths).toEqual(asked.toSorted());
});

test("other pages ask early who looks, of the organization that was chosen", () => {
  const { paths, headers } = askedEarly("/runs", "0192f0c1");
  expect(paths).toEqual(["/api/v1/me"]);
  expect(headers).toEqual([expect.objectContaining({ "x-gantry-organization": "0192f0c1" })]);
});
