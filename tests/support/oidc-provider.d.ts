/** The part of it that tests use; it brings no types of its own. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
    destroy(): Promise<void>;
  }

  export default class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: (new (of: { clientId: string; accountId: string }) => Grant) & { find(id: string): Promise<Grant> };
    readonly AccessToken: { find(token: string): Promise<{ aud: string; scope?: string } | undefined> };
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{ prompt: { name: string }; params: Record<string, unknown>; grantId?: string }>;
    readonly ClientCredentials: { find(token: string): Promise<{ aud: string; scope?: string } | undefined> };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options: object,
    ): Promise<void>;
  }
}
