import type { ModelPart } from "../models/types.ts";
import { guardedStream } from "./guard-output.ts";
import { textFromModel } from "./guards.ts";
import type { Guards, Seen } from "./types.ts";
import { ownName, readOn } from "./prompt.ts";
import type { MindDeps, Thinking } from "./types.ts";

type Shown = ReturnType<NonNullable<MindDeps["show"]>>;

/** Shows an answer while it comes, without what the whole of it would leave out. */
export function showGuarded(
  shown: Shown,
  { thinking, seen, guards }: { thinking: Thinking; seen: Seen; guards: Guards | undefined },
): Shown {
  const stream = () => guardedStream((text) => textFromModel(text, seen, guards));
  let text = stream();
  const say = (one: string): void => {
    if (one !== "") shown.part({ type: "text", text: one });
  };
  return {
    part(part: ModelPart) {
      switch (part.type) {
        case "text":
          return say(text.push(part.text));
        case "tool": {
          // What a model calls and there isn't is its own words too.
          const name = ownName(part.name, thinking);
          if (name === readOn || thinking.tools.some((tool) => tool.name === name)) shown.part({ ...part, name });
          return;
        }
        case "restart":
          text = stream();
          return shown.part(part);
        default:
          return part satisfies never;
      }
    },
    end() {
      say(text.end());
      shown.end();
    },
  };
}
