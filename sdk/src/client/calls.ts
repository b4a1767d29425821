import type { z } from "zod";
import type { BodyOf, Endpoint, ParamsOf, QueryOf } from "../api/endpoint.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** How endpoints become methods, by what their addresses name. */
export function callsBy(transport: Transport) {
  /** Endpoints without a path parameter. */
  const plain = <E extends Endpoint>(endpoint: E) => ({
    read: (query?: z.input<QueryOf<E>>, options?: CallOptions) => transport.call(endpoint, { query } as never, options),
    write: (body: z.input<BodyOf<E>>, options?: CallOptions) => transport.call(endpoint, { body } as never, options),
  });
  /** Endpoints of one thing: its parameters first. */
  const one = <E extends Endpoint>(endpoint: E) => ({
    read: (params: z.input<ParamsOf<E>>, query?: z.input<QueryOf<E>>, options?: CallOptions) =>
      transport.call(endpoint, { params, query } as never, options),
    write: (params: z.input<ParamsOf<E>>, body: z.input<BodyOf<E>>, options?: CallOptions) =>
      transport.call(endpoint, { params, body } as never, options),
  });
  const ofRun = <E extends Endpoint>(endpoint: E) => ({
    read: (run: string, query?: z.input<QueryOf<E>>, options?: CallOptions) =>
      transport.call(endpoint, { params: { run }, query } as never, options),
    write: (run: string, body: z.input<BodyOf<E>>, options?: CallOptions) =>
      transport.call(endpoint, { params: { run }, body } as never, options),
  });

  return { plain, one, ofRun };
}
