import type { FastifyReply, FastifyRequest } from "fastify";
import type { Limit, Taken } from "../../rate-limits/index.ts";
import type { Caller } from "../access/caller.ts";
import { clientBlock } from "./client-block.ts";
import type { ApiDeps } from "../deps.ts";
import { RateLimitedError } from "../errors.ts";

/**
 * How often somebody may ask, counted by all servers together. A credential pays for itself; whoever shows none pays with their
 * address, and so does whoever shows one that isn't good: those are counted apart, and refused before they reach the
 * database again. RateLimit and RateLimit-Policy tell what is left (draft-ietf-httpapi-ratelimit-headers-10).
 */
export interface RequestLimits {
  /** Before the credential is looked up. @throws RateLimitedError */
  admit(request: FastifyRequest): void;
  /** @throws RateLimitedError */
  ofCaller(caller: Caller, reply: FastifyReply): Promise<void>;
  /** Of who isn't asked for a credential. @throws RateLimitedError */
  ofAddress(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** A credential that isn't good was shown. @throws RateLimitedError */
  noteRefused(request: FastifyRequest): Promise<void>;
}

export function createRequestLimits({ limiter, config }: Pick<ApiDeps, "limiter" | "config">): RequestLimits {
  const perMinute = (points: number): Limit => ({ points, seconds: 60 });
  const limits = {
    credential: perMinute(config.requestsPerMinute),
    address: perMinute(config.addressRequestsPerMinute),
    signIn: perMinute(config.signInsPerMinute),
  };
  return {
    admit: (request) => {
      const spent = limiter.spent(refusedName(request));
      if (spent !== null) throw tooMany(limits.address, spent, wrongOnes);
    },
    ofCaller: async ({ credential }, reply) => {
      const { kind, id } = credential.parent ?? credential;
      const taking = limiter.take(`${kind} ${id}`, limits.credential);
      const taken = taking instanceof Promise ? await taking : taking;
      pass(reply, "credential", limits.credential, taken, "with this credential");
    },
    ofAddress: async (request, reply) => {
      const { access, polled } = request.is404 ? {} : request.routeOptions.config;
      const guess = access === "sign-in" && request.method === "POST" && polled !== true;
      const name = guess ? "sign-in" : "address";
      const limit = guess ? limits.signIn : limits.address;
      pass(reply, name, limit, await limiter.take(`${name} ${clientBlock(request.ip)}`, limit), "from this address");
    },
    noteRefused: async (request) => {
      const taken = await limiter.take(refusedName(request), limits.address);
      if (!taken.allowed) throw tooMany(limits.address, taken, wrongOnes);
    },
  };
}

const wrongOnes = "from this address with credentials that aren't good";

function refusedName({ ip }: FastifyRequest): string {
  return `refused ${clientBlock(ip)}`;
}

/** @throws RateLimitedError */
function pass(reply: FastifyReply, name: string, limit: Limit, taken: Taken, who: string): void {
  void reply.header("ratelimit-policy", `"${name}";q=${limit.points};w=${limit.seconds}`);
  void reply.header("ratelimit", `"${name}";r=${taken.left};t=${taken.seconds}`);
  if (!taken.allowed) throw tooMany(limit, taken, who);
}

function tooMany({ points }: Limit, { seconds }: Taken, who: string): RateLimitedError {
  return new RateLimitedError(points, seconds, who);
}
