import type { Command } from "commander";

/** Under which heading `gantry help` lists a command. */
const topics: Readonly<Record<string, readonly string[]>> = {
  "Sign in:": ["login", "logout", "whoami", "session"],
  "Start and look:": ["up", "open", "doctor", "overview", "queue", "workers", "agents", "help", "completion"],
  "Change something:": ["run", "plan", "goal", "goals", "ask", "runbooks"],
  "Runs:": ["runs", "questions", "answer", "approvals", "approval", "approve", "reject", "comment", "signal", "settle"],
  "Steer a run:": ["pause", "resume", "cancel", "retry", "fork", "undo"],
  "Let it happen by itself:": ["trigger", "freeze", "notify"],
  "Write runbooks and agents:": ["runbook", "agent", "memory", "mcp"],
  "Bounds and emergencies:": ["limit", "budget", "breaker", "quota", "break-glass", "kill-switch"],
  "Keep and forget:": ["retention", "hold", "archive", "blobs", "encryption", "backup", "restore"],
  "Prove:": ["audit", "signing"],
  "Who may do what:": ["organization", "person", "service-account", "actor", "team", "role", "policy", "key"],
  "Set up:": ["project", "environment", "variable", "connection", "models", "secret", "config", "context", "contexts"],
};

export function groupByTopic(program: Command): void {
  for (const [topic, names] of Object.entries(topics))
    for (const name of names) program.commands.find((one) => one.name() === name)?.helpGroup(topic);
}
