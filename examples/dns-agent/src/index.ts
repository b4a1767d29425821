import { defineAgent, defineRunbook, z } from "@gantry/sdk";
import { point } from "./point.ts";

const pointName = defineRunbook({
  name: "dns.point",
  version: "1.0.0",
  title: "Point a name at an address",
  description: "Changes one DNS record, verifies it from outside, and puts it back when the run is undone.",
  intents: ["point a name at an address", "change a dns record"],
  examples: ["point www.example.com at 192.0.2.7"],
  parameters: z.object({
    name: z.string().describe("Host name"),
    address: z.string().describe("IPv4 address that it shall lead to"),
  }),
  concurrencyKey: ({ name }) => `dns/${name}`,
  plan: (plan, { name, address }) => void plan.step("point", point, { name, address }),
});

export const agent = defineAgent({
  name: "dns",
  version: "1.0.0",
  title: "DNS",
  instructions: "Points names at addresses.",
  tools: [point],
  runbooks: [pointName],
  packageUrl: new URL("..", import.meta.url).href,
});
