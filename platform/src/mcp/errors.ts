import { GantryError, type ErrorOptions } from "@gantry/sdk";

/** A server of the Model Context Protocol did something that a call can't go on from. */
abstract class McpError extends GantryError {
  override readonly fault: GantryError["fault"] = "operational";
  constructor(server: string, message: string, options: ErrorOptions = {}) {
    super(message, { ...options, details: { server, ...options.details } });
  }
}

export class McpUnreachableError extends McpError {
  readonly code = "mcp_unreachable";
  override readonly retryable = true;
  constructor(server: string, why: string, options: ErrorOptions = {}) {
    super(
      server,
      `The MCP server ${server} can't be used: ${why}. See what it says now: gantry mcp test ${server}.`,
      options,
    );
  }
}

export class McpRefusedError extends McpError {
  readonly code = "mcp_refused";
  constructor(server: string, options: ErrorOptions = {}) {
    super(
      server,
      `The MCP server ${server} takes no request without a credential, or not with this one. Name a secret that holds one, or the authorization server that gives one: gantry mcp add ${server} … --secret bearer=<name>, or --oauth.`,
      options,
    );
  }
}

/** Nobody is signed in, or not any more, or not for what was called. */
export class McpSignInNeededError extends McpError {
  readonly code = "mcp_sign_in_needed";
  constructor(server: string, reason: "never" | "ended" | "scope", options: ErrorOptions = {}) {
    const why = {
      never: "nobody is",
      ended: "the last sign-in has ended",
      scope: "what was called takes more than was allowed",
    }[reason];
    super(server, `Somebody has to sign in to the MCP server ${server}, since ${why}: gantry mcp login ${server}.`, {
      ...options,
      details: { reason },
    });
  }
}

/** What its authorization server said of it isn't among the reason: it may repeat what it was given. */
export class McpSignInRefusedError extends McpError {
  readonly code = "mcp_sign_in_refused";
  constructor(server: string, why: string, options: ErrorOptions = {}) {
    super(
      server,
      `Nobody was signed in to the MCP server ${server}: ${why}. Begin anew: gantry mcp login ${server}.`,
      options,
    );
  }
}

export class McpSignInByPersonError extends McpError {
  readonly code = "mcp_sign_in_by_person";
  override readonly fault = "user";
  constructor(server: string) {
    super(
      server,
      `A person signs in to the MCP server ${server}, and comes back to this server in the same person's browser; this credential is nobody's. Sign in with gantry login first, or use the dashboard under Settings.`,
    );
  }
}

export class McpNoSignInError extends McpError {
  readonly code = "mcp_no_sign_in";
  override readonly fault = "user";
  constructor(server: string, why: string) {
    super(
      server,
      `Nobody can sign in to the MCP server ${server}: ${why}. Set it up anew: gantry mcp add ${server} --address <url>.`,
    );
  }
}

export class McpProgramFailedError extends McpError {
  readonly code = "mcp_program_failed";
  constructor(server: string, said: string, options: ErrorOptions = {}) {
    super(server, `The program of the MCP server ${server} could not be spoken to. Its last words: ${said}`, options);
  }
}

export class McpProgramElsewhereError extends McpError {
  readonly code = "mcp_program_elsewhere";
  constructor(server: string) {
    super(
      server,
      `The MCP server ${server} is a program, and this process starts none: programs run where tools do, in a process of the role all or worker.`,
    );
  }
}

/** Whatever was said or done, it isn't what the protocol wants, or more than anybody would read. */
export class McpAnswerInvalidError extends McpError {
  readonly code = "mcp_answer_invalid";
  constructor(server: string, why: string, options: ErrorOptions = {}) {
    super(server, `The MCP server ${server} gave an answer that can't be used: ${why}.`, options);
  }
}

/** The tool ran, and says that it failed. */
export class McpToolFailedError extends McpError {
  readonly code = "mcp_tool_failed";
  constructor(server: string, tool: string, said: string) {
    super(server, `${tool} of the MCP server ${server} failed. It says: ${said === "" ? "nothing" : said}`, {
      details: { tool },
    });
  }
}

/** It isn't what a person approved. Nothing was called. */
export class McpToolChangedError extends McpError {
  readonly code = "mcp_tool_changed";
  override readonly fault = "user";
  constructor(server: string, tool: string, what: string) {
    super(
      server,
      `${tool} of the MCP server ${server} wasn't called: ${what}. Look at it, approve it as it is, and plan again: gantry mcp tools ${server}.`,
      { details: { tool } },
    );
  }
}

export class McpToolStaleError extends McpError {
  readonly code = "mcp_tool_stale";
  override readonly fault = "user";
  constructor(server: string, tool: string) {
    super(
      server,
      `${tool} of the MCP server ${server} isn't as you read it any more, or isn't there. Nothing was approved; look again: gantry mcp tools ${server}.`,
      { details: { tool } },
    );
  }
}

export class McpApprovalByPersonError extends McpError {
  readonly code = "mcp_approval_by_person";
  override readonly fault = "user";
  constructor(server: string) {
    super(
      server,
      `Tools of the MCP server ${server} are approved by a person, and this credential is a program's. Sign in with gantry login, or approve them in the dashboard under Settings.`,
    );
  }
}
