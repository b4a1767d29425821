import { z } from "zod";
import type { Connection } from "@gantry/sdk";
import {
  catalogue,
  providers,
  type Capability,
  type KnownModel,
  type Price,
  type Provider,
  type Tier,
} from "./catalogue.ts";
import { ModelSettingsError } from "./errors.ts";
import type { TaskClass } from "./types.ts";

/** A model that a connection offers, with all that is known of it. */
export interface Offered {
  /** As the provider is asked for it. */
  model: string;
  provider: Provider;
  known: KnownModel | null;
  ownPrice: Price | null;
  tier: Tier;
  /** Null: not known, so it isn't checked. */
  context: number | null;
  output: number | null;
  can: readonly Capability[];
}

/** A connection of kind `model`, as its settings say. */
export interface Offer {
  connection: string;
  provider: Provider;
  url: string | null;
  /** Where the provider works on what it is given. */
  region: string | null;
  models: Offered[];
  /** Null: all. */
  tasks: readonly TaskClass[] | null;
  /** The smaller goes first. */
  priority: number;
  atOnce: number;
  firstTokenMs: number;
  totalMs: number;
  privateAddresses: boolean;
  ca: string | undefined;
  /** For how long Ollama keeps a model loaded; null: as it is set up. */
  keepAlive: string | null;
}

const names = (text: string): string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
const number = (least: number, most: number) => z.coerce.number().min(least).max(most);
const tasks: readonly TaskClass[] = ["plan", "write", "review", "extract", "summarize", "answer"];

const Settings = z.strictObject({
  provider: z.enum(providers),
  url: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().min(1).optional(),
  models: z.string().transform(names).optional(),
  tasks: z
    .string()
    .transform(names)
    .pipe(z.array(z.enum(tasks)))
    .optional(),
  priority: number(0, 1_000).default(100),
  atOnce: number(1, 10_000).default(64),
  firstTokenSeconds: number(0.1, 3_600).default(60),
  timeoutSeconds: number(0.1, 7_200).default(600),
  context: number(256, 100_000_000).optional(),
  output: number(1, 10_000_000).optional(),
  can: z
    .string()
    .transform(names)
    .pipe(z.array(z.enum(["tools", "json", "images", "reasoning"])))
    .optional(),
  tier: z.enum(["best", "balanced", "fast"]).optional(),
  priceInput: number(0, 100_000).optional(),
  priceCached: number(0, 100_000).optional(),
  priceOutput: number(0, 100_000).optional(),
  privateAddresses: z.string().optional(),
  ca: z.string().optional(),
  keepAlive: z
    .string()
    .regex(/^-?\d+(ms|s|m|h)?$/, "must be like 30m, or a number of seconds; -1: for ever")
    .optional(),
});
type Settings = z.infer<typeof Settings>;

/** Whose address everybody has for themselves. */
const ownAddress: ReadonlySet<Provider> = new Set(["azure", "ollama", "vllm", "compatible"]);

/** It must be told for how many tokens to load a model; by itself it takes so few that agents' prompts would be cut off. */
const ollamaContext = 32_768;

/** Ollama at the address of its endpoint that is like OpenAI's. */
export function speaksChat({ provider, url }: { provider: Provider; url?: string | null | undefined }): boolean {
  return provider === "ollama" && /\/v1\/*$/.test(url ?? "");
}

/** @throws ModelSettingsError */
export function offerOf({ name, settings: given }: Pick<Connection, "name" | "settings">): Offer {
  const read = Settings.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new ModelSettingsError(name, `${issue?.path.join(".") || "its settings"}: ${issue?.message ?? "invalid"}`);
  }
  const settings = read.data;
  const { provider, url = null, region = null } = settings;
  if (url === null && ownAddress.has(provider)) throw new ModelSettingsError(name, `${provider} needs the setting url`);
  if (provider === "bedrock" && region === null) throw new ModelSettingsError(name, "bedrock needs the setting region");
  if ((settings.priceInput === undefined) !== (settings.priceOutput === undefined))
    throw new ModelSettingsError(name, "priceInput and priceOutput belong together");
  const models = modelsOf(settings);
  if (models.length === 0) throw new ModelSettingsError(name, `${provider} needs the setting models`);
  return {
    connection: name,
    provider,
    url,
    region,
    models,
    tasks: settings.tasks ?? null,
    priority: settings.priority,
    atOnce: settings.atOnce,
    firstTokenMs: settings.firstTokenSeconds * 1_000,
    totalMs: settings.timeoutSeconds * 1_000,
    privateAddresses: settings.privateAddresses === "allow",
    ca: settings.ca,
    keepAlive: settings.keepAlive ?? null,
  };
}

/** Those that the connection names, as `name` or `name=provider/model` to borrow what is known of that one; else all of the provider's. */
function modelsOf(settings: Settings): Offered[] {
  const { provider } = settings;
  if (settings.models === undefined)
    return catalogue
      .filter((one) => one.provider === provider && one.retired === undefined)
      .map((known) => offered(settings, known.model, known));
  return settings.models.map((entry) => {
    const [model = "", like] = entry.split("=", 2);
    return offered(settings, model, find(like ?? `${provider}/${model}`));
  });
}

function find(name: string): KnownModel | null {
  return catalogue.find(({ provider, model }) => `${provider}/${model}` === name) ?? null;
}

function offered(settings: Settings, model: string, known: KnownModel | null): Offered {
  const { provider, priceInput, priceCached, priceOutput } = settings;
  return {
    model,
    provider,
    known,
    ownPrice:
      priceInput === undefined || priceOutput === undefined
        ? null
        : { input: priceInput, cached: priceCached ?? null, output: priceOutput },
    tier: settings.tier ?? known?.tier ?? "balanced",
    context:
      settings.context ?? known?.context ?? (provider === "ollama" && !speaksChat(settings) ? ollamaContext : null),
    output: settings.output ?? known?.output ?? null,
    can: settings.can ?? known?.can ?? ["tools", "json"],
  };
}
