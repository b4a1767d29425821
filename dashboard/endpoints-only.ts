import { api, apiPrefix } from "@gantry/sdk/api";
import type { Plugin } from "vite";

/**
 * Gives the SDK's client its endpoints without their schemas, which it never looks into: the server is the one that validates. That is a
 * quarter of what a browser would load and set up before anything is seen.
 */
export function endpointsOnly(): Plugin {
  const id = "\0endpoints-only";
  return {
    name: "endpoints-only",
    enforce: "pre",
    resolveId: (source, importer) =>
      source === "../api/index.ts" && /\/sdk\/src\/client\/[^/]+$/.test(importer ?? "") ? id : null,
    load: (asked) =>
      asked === id
        ? `export const apiPrefix = ${JSON.stringify(apiPrefix)};\nexport const api = ${JSON.stringify(api, slim)};`
        : null,
  };
}

/** Of an endpoint only where it is. */
function slim(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("method" in value) || !("path" in value)) return value;
  return { method: value.method, path: value.path };
}
