import { errorData } from "@gantry/sdk";
import { SpanKind, SpanStatusCode, trace, ROOT_CONTEXT, type Attributes, type Span } from "@opentelemetry/api";
import type { Meter, Tracer } from "@opentelemetry/api";
import type { ModelAnswer, ModelCall } from "../models/types.ts";
import { saidIn } from "./content.ts";

/** Follows agents that think. */
export interface AgentTracer {
  /** One thinking, from the question to what came of it. */
  agent<T>(of: Invocation, work: (trace: AgentTrace) => Promise<T>): Promise<T>;
}

/** What happens within one thinking. */
export interface AgentTrace {
  /** `kept`: wants to know what was kept of it. */
  chat(call: ModelCall, ask: (kept?: ModelCall["kept"]) => Promise<ModelAnswer>): Promise<ModelAnswer>;
  tool<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export interface Invocation {
  agent: { name: string; version: string };
  organization: string;
  run: string;
  step: string;
}

/** Where no collector is named. */
export const untraced: AgentTracer = {
  agent: (_, work) => work({ chat: (__, ask) => ask(), tool: (__, call) => call() }),
};

export interface TracerDeps {
  /** Makes the next trace's id that of the run, so that all that a run's agents do is found by it. */
  nextTrace(id: string): void;
  tracer: Tracer;
  meter: Meter;
  /** Monotonic milliseconds. */
  now(): number;
  /** Whether spans have what was asked and answered, as far as it is kept. */
  content: boolean;
}

/** Upper bounds as the conventions advise. */
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokens = Array.from({ length: 14 }, (_, power) => 4 ** power);

/** Names are those of OpenTelemetry's semantic conventions for generative AI, 1.41. */
export function createAgentTracer({ nextTrace, tracer, meter, now, content }: TracerDeps): AgentTracer {
  const duration = meter.createHistogram("gen_ai.client.operation.duration", {
    unit: "s",
    description: "Duration of operations of agents and models",
    advice: { explicitBucketBoundaries: seconds },
  });
  const usage = meter.createHistogram("gen_ai.client.token.usage", {
    unit: "{token}",
    description: "Tokens of a model's input and output",
    advice: { explicitBucketBoundaries: tokens },
  });

  const cost = meter.createCounter("gantry.model.cost", {
    unit: "{USD}",
    description: "What answers of models cost",
  });

  /** `measured`: attributes of the metric, read at the end because the model is known only then. */
  const within = async <T>(span: Span, measured: () => Attributes, work: () => Promise<T>): Promise<T> => {
    const began = now();
    let failed: Attributes = {};
    try {
      return await work();
    } catch (error) {
      // The code, never the message: that may say what was asked.
      failed = { "error.type": errorData(error).code };
      span.setAttributes(failed);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      duration.record((now() - began) / 1_000, { ...measured(), ...failed });
      span.end();
    }
  };

  return {
    agent({ agent, organization, run, step }, work) {
      const operation = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent.name };
      nextTrace(run);
      const span = tracer.startSpan(
        `invoke_agent ${agent.name}`,
        {
          kind: SpanKind.INTERNAL,
          attributes: {
            ...operation,
            "gen_ai.agent.version": agent.version,
            "gantry.org": organization,
            "gantry.run": run,
            "gantry.step": step,
          },
        },
        ROOT_CONTEXT,
      );
      const inside = trace.setSpan(ROOT_CONTEXT, span);
      return within(
        span,
        () => operation,
        () =>
          work({
            chat(call, ask) {
              let measured: Attributes = { "gen_ai.operation.name": "chat" };
              const chat = tracer.startSpan(
                call.model === undefined ? "chat" : `chat ${call.model}`,
                {
                  kind: SpanKind.CLIENT,
                  attributes: {
                    ...measured,
                    "gen_ai.output.type": call.output === undefined ? "text" : "json",
                    "gen_ai.request.max_tokens": call.maxOutputTokens,
                    ...(call.temperature !== undefined && { "gen_ai.request.temperature": call.temperature }),
                    ...(call.model !== undefined && { "gen_ai.request.model": call.model }),
                    "gantry.task": call.task,
                  },
                },
                inside,
              );
              return within(
                chat,
                () => measured,
                async () => {
                  const answer = await (content ? ask((kept) => void chat.setAttributes(saidIn(kept))) : ask());
                  measured = { ...measured, ...modelOf(answer, call) };
                  chat.updateName(`chat ${call.model ?? answer.model}`);
                  chat.setAttributes({ ...measured, ...answeredOf(answer) });
                  usage.record(answer.usage.input, { ...measured, "gen_ai.token.type": "input" });
                  usage.record(answer.usage.output, { ...measured, "gen_ai.token.type": "output" });
                  const { micros, known } = answer.cost;
                  const whose = { "gen_ai.agent.name": agent.name, "gantry.cost.known": known };
                  cost.add(micros / 1e6, { ...measured, ...whose });
                  return answer;
                },
              );
            },
            tool(name, call) {
              const attributes = {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": name,
                "gen_ai.tool.type": "function",
              };
              const span = tracer.startSpan(`execute_tool ${name}`, { kind: SpanKind.INTERNAL, attributes }, inside);
              return within(span, () => attributes, call);
            },
          }),
      );
    },
  };
}

function modelOf({ provider, model }: ModelAnswer, call: ModelCall): Attributes {
  return {
    "gen_ai.provider.name": providerNames[provider] ?? provider,
    "gen_ai.request.model": call.model ?? model,
    "gen_ai.response.model": model,
  };
}

function answeredOf({ finish, usage, cost, connection, attempts, firstTokenMs }: ModelAnswer): Attributes {
  return {
    "gen_ai.response.finish_reasons": [finishReasons[finish]],
    "gen_ai.usage.input_tokens": usage.input,
    "gen_ai.usage.output_tokens": usage.output,
    "gen_ai.usage.cache_read.input_tokens": usage.cachedInput,
    "gantry.connection": connection,
    "gantry.cost.micros": cost.micros,
    "gantry.cost.known": cost.known,
    "gantry.attempts": attempts.length,
    ...(firstTokenMs !== null && { "gen_ai.response.time_to_first_chunk": firstTokenMs / 1_000 }),
  };
}

/** Where the conventions have another name than we. */
const providerNames: Readonly<Record<string, string>> = {
  google: "gcp.gemini",
  mistral: "mistral_ai",
  bedrock: "aws.bedrock",
  azure: "azure.ai.openai",
};

const finishReasons: Record<ModelAnswer["finish"], string> = {
  stop: "stop",
  tools: "tool_call",
  length: "length",
  refused: "content_filter",
  filtered: "content_filter",
};
