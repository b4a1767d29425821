import { say, unless, use, type EvalCase } from "../case.ts";

interface Answer {
  answer: string;
  citations: { quote: string; tool: string }[];
}

export const assistantCases: EvalCase[] = [
  {
    agent: "assistant",
    name: "looks before it answers, and cites what it saw",
    runbook: "assistant.ask",
    parameters: ({ site }) => ({ question: `Which status does ${site} answer with?` }),
    answers: ({ site }) => [
      use("check.http", { url: site, status: 200, timeoutMs: 0 }),
      say({ answer: "It answers with 204.", citations: [{ source: 1, quote: "status 204" }] }),
    ],
    judge(output) {
      const { answer, citations } = output as unknown as Answer;
      return unless(
        [answer.includes("204"), "the answer doesn't name the status"],
        [citations.some(({ tool, quote }) => tool === "check.http" && quote.includes("204")), "nothing shows it"],
      );
    },
  },
  {
    agent: "assistant",
    name: "says that it doesn't know what no tool can find out",
    runbook: "assistant.ask",
    parameters: () => ({ question: "What did the customers of the shop have for breakfast today?" }),
    answers: () => [say({ answer: "I don't know: none of my tools can find that out.", citations: [] })],
    judge(output) {
      const { answer, citations } = output as unknown as Answer;
      const admits = /don.t know|do not know|can.?not|can.t|no (tool|way|information)|unable/i.test(answer);
      return unless([admits, "it doesn't say that it doesn't know"], [citations.length === 0, "it cites something"]);
    },
  },
  {
    agent: "assistant",
    name: "finds out from the records why a run failed",
    runbook: "assistant.ask",
    parameters: () => ({ question: "Why did taking the shop down for maintenance fail?" }),
    answers: ({ failed }) => [
      use("records.runs", { text: "shop", status: ["failed"] }),
      use("records.run", { run: failed }),
      say({
        answer: "It was to answer 503, and it still answered 204.",
        citations: [{ source: 2, quote: "status 204" }],
      }),
    ],
    judge(output) {
      const { answer, citations } = output as unknown as Answer;
      return unless(
        [/204/.test(answer) && /503/.test(answer), "it doesn't say what was expected and what was there"],
        [citations.some(({ tool }) => tool === "records.run" || tool === "records.runs"), "it cites no record"],
      );
    },
  },
  {
    agent: "assistant",
    name: "says from the records what models cost",
    runbook: "assistant.ask",
    parameters: () => ({ question: "Which agent's calls to models cost most here in the last week?" }),
    answers: () => [
      use("records.costs", { by: "agent", days: 7 }),
      say({ answer: "The assistant's.", citations: [{ source: 1, quote: "assistant" }] }),
    ],
    judge(output) {
      const { answer, citations } = output as unknown as Answer;
      return unless(
        [/assistant/i.test(answer), "it names another agent"],
        [citations.some(({ tool }) => tool === "records.costs"), "it cites no costs"],
      );
    },
  },
];
