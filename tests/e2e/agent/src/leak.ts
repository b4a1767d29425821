import { ArtifactRef, defineTool, secret, type ToolContext } from "@gantry/sdk";
import { z } from "zod";

/** Of a secret that the tool declares, or of one that only its input names. */
const Mode = z.enum(["output", "error", "undeclared output", "undeclared error"]);

/** Shows its secret wherever a tool can show something, in every usual form: none of it may be seen anywhere. */
export const leak = defineTool({
  name: "e2e.leak",
  version: "1.0.0",
  title: "Leak a secret",
  effect: "reads",
  secrets: ["token"],
  input: z.object({ token: z.string(), mode: Mode }),
  output: z.object({ forms: z.array(z.string()), stdout: z.string(), stderr: z.string(), kept: ArtifactRef }),
  run: async ({ token, mode }, ctx) => {
    const forms = formsOf(token);
    if (!mode.startsWith("undeclared") && (await ctx.secret("token")) !== token)
      throw new Error("The reference in the input is not the declared secret.");
    ctx.log(`The token is ${token}`, { forms });
    const kept = await ctx.artifact("leak.txt", forms.join("\n"), "text/plain");
    await ctx.artifact("leak.bin", Buffer.from(`\u0000${forms.join("\u0000")}`), "application/octet-stream");
    const { stdout, stderr } = await printInPieces(ctx, forms);
    if (mode.endsWith("error")) throw new Error(`It failed with ${forms.join(" and ")}`);
    return { forms, stdout, stderr, kept };
  },
});

/** Shows it where a change set and an undo say something: to whoever approves. */
export const leakChange = defineTool({
  name: "e2e.leakChange",
  version: "1.0.0",
  title: "Leak a secret into a change set",
  effect: "changes",
  input: z.object({ token: z.string() }),
  output: z.object({ forms: z.array(z.string()) }),
  preview: async ({ token }, ctx) => {
    const forms = formsOf(token);
    await ctx.artifact("preview.txt", forms.join("\n"), "text/plain");
    return {
      summary: `Changes ${forms.join(" and ")}.`,
      effect: "changes",
      counts: { add: 0, change: 1, destroy: 0 },
      touches: forms,
      diff: forms.map((form) => `+ ${form}`).join("\n"),
      undo: { possible: true, how: `By ${forms.join(" and ")}.`, limits: forms },
    };
  },
  run: async ({ token }, ctx) => {
    ctx.log(`The token is ${token}`);
    return { forms: formsOf(token) };
  },
  undo: async ({ token }) => ({ summary: `Took back ${formsOf(token).join(" and ")}.` }),
});

/** Each form in two writes, so that it crosses the border of a chunk. */
async function printInPieces(ctx: ToolContext, forms: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const script =
    'for form; do printf "%s" "${form%???????}"; sleep 0.02; printf "%s\\n" "${form#"${form%???????}"}"; done';
  return ctx.exec("sh", ["-c", `${script}; for form; do echo "$form" >&2; done`, "leak", ...forms], {
    env: { LEAKED: forms[0] ?? "" },
  });
}

export function formsOf(token: string): string[] {
  const bytes = Buffer.from(token);
  return [token, bytes.toString("base64"), bytes.toString("hex"), encodeURIComponent(token), JSON.stringify(token)];
}

export const tokenReference = secret("token");
export const vaultReference = secret("vault:kv/app#token");
export const leasedReference = secret("vault:database/creds/app#password");
