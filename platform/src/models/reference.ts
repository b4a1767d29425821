import { catalogue, providers, sources, type KnownModel } from "./catalogue.ts";

/** `docs/reference/models.md`, from the catalogue; a test compares it. */
export function renderModelReference(): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const head = ["Model", "Tier", "Context", "Answer", "Input", "Cached", "Output", "Can", "As of"];
  const sections = providers.map((provider) => {
    const models = catalogue.filter((one) => one.provider === provider);
    if (models.length === 0) return [`## ${provider}`, ownNames].join("\n\n");
    const table = [line(head), line(head.map(() => "---")), ...models.map((one) => line(cellsOf(one)))].join("\n");
    const source = sources[provider];
    return [`## ${provider}`, table, ...(source === undefined ? [] : [`What the provider says: <${source}>`])].join(
      "\n\n",
    );
  });
  return `${["# Models", intro, ...sections].join("\n\n")}\n`;
}

const intro = [
  "What Gantry knows of models: how much they take, what they cost and what they can do. Routing, costs and budgets go by it. Prices are US",
  "dollars per million tokens, as far as was known at the date in the last column: where it matters, look at the provider's own page, named below",
  "its models, and set others with `gantry connection add`. A model",
  "without a price counts as the dearest of its provider, and costs say that its price isn't known. How to connect one:",
  "[Connect a model](../guide/models.md).",
].join("\n");

const ownNames =
  "It answers for models that the connection names; what they take and cost is said in its settings, or borrowed from a model above.";

function cellsOf({ model, tier, context, output, price, long, later, can, retired, asOf }: KnownModel): string[] {
  const changes = [
    ...(long === undefined ? [] : [`${long.input} / ${long.output} above ${long.above.toLocaleString("en")} tokens`]),
    ...(later === undefined ? [] : [`${later.input} / ${later.output} from ${later.from}`]),
    ...(retired === undefined ? [] : [`retired ${retired}`]),
  ];
  return [
    `\`${model}\`${changes.length === 0 ? "" : ` (${changes.join("; ")})`}`,
    tier,
    context.toLocaleString("en"),
    output === null ? "" : output.toLocaleString("en"),
    String(price?.input ?? "unknown"),
    String(price?.cached ?? ""),
    String(price?.output ?? "unknown"),
    can.join(", "),
    asOf,
  ];
}
