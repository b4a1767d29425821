import type { ModelView } from "@gantry/sdk/api";
import { priceOf } from "./cost.ts";
import { route } from "./route.ts";
import type { Setup } from "./setup.ts";

export interface ListedModels {
  items: ModelView[];
  problems: Setup["problems"];
}

/** Everything that is connected, and why some of it won't be asked. */
export function listModels({ offers, policy, problems }: Setup, now: number): ListedModels {
  const none = { task: "answer", messages: [], tools: [], maxOutputTokens: 1 } as const;
  const facts = { policy, inputTokens: 1, now, latencyOf: () => null, isOpen: () => false };
  const items = offers.flatMap((offer) =>
    offer.models.map((offered) => {
      const [missing] = offer.missing;
      const { candidates, why } = route([{ ...offer, tasks: null, models: [offered] }], none, facts);
      const { price, known } = priceOf(offered, 1, now);
      return {
        connection: offer.connection,
        provider: offer.provider,
        model: offered.model,
        tier: offered.tier,
        context: offered.context,
        output: offered.output,
        can: [...offered.can],
        price,
        priceKnown: known,
        asOf: offered.ownPrice === null ? (offered.known?.asOf ?? null) : null,
        refused:
          candidates.length === 0
            ? why.join("; ")
            : missing === undefined
              ? null
              : `there is no secret for its ${missing}`,
      };
    }),
  );
  return { items, problems };
}
