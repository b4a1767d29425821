import type { ClientOptions } from "../client/index.ts";

/** A page of the documentation as Markdown; null where there is none. */
export type ReadPage = (path: `/docs/${string}` | `/errors/${string}`, signal?: AbortSignal) => Promise<string | null>;

export function createPages({ url, fetch: send = fetch, userAgent }: ClientOptions): ReadPage {
  return async (path, signal) => {
    const response = await send(new URL(path, url), {
      redirect: "error",
      headers: { accept: "text/markdown", ...(userAgent === undefined ? {} : { "user-agent": userAgent }) },
      ...(signal === undefined ? {} : { signal }),
    });
    const markdown = response.headers.get("content-type")?.startsWith("text/markdown") === true;
    const text = await response.text();
    return response.ok && markdown ? text : null;
  };
}
