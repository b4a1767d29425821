import { Command } from "commander";
import { createAct, type Host } from "./action.ts";
import { actorCommands } from "./commands/actor.ts";
import { agentCommands } from "./commands/agent.ts";
import { agentsCommand } from "./commands/agents.ts";
import { approvalCommands } from "./commands/approval.ts";
import { approvalsCommands } from "./commands/approvals.ts";
import { auditCommands } from "./commands/audit.ts";
import { approveCommands } from "./commands/approve.ts";
import { archiveCommands } from "./commands/archive.ts";
import { backupCommands } from "./commands/backup.ts";
import { blobsCommands } from "./commands/blobs.ts";
import { encryptionCommands } from "./commands/encryption.ts";
import { breakGlassCommands } from "./commands/break-glass.ts";
import { breakerCommands } from "./commands/breaker.ts";
import { budgetCommands } from "./commands/budget.ts";
import { completionCommand } from "./commands/completion.ts";
import { connectionCommands } from "./commands/connection.ts";
import { configCommands } from "./commands/config.ts";
import { contextCommands } from "./commands/context.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { environmentCommands } from "./commands/environment.ts";
import { helpCommand } from "./commands/help.ts";
import { askCommand } from "./commands/ask.ts";
import { goalsCommands } from "./commands/goals.ts";
import { forkCommand } from "./commands/fork.ts";
import { freezeCommands } from "./commands/freeze.ts";
import { keyCommands } from "./commands/key.ts";
import { killSwitchCommands } from "./commands/kill-switch.ts";
import { limitCommands } from "./commands/limit.ts";
import { memoryCommands } from "./commands/memory.ts";
import { modelsCommands } from "./commands/models.ts";
import { loginCommands } from "./commands/login.ts";
import { mcpCommands } from "./commands/mcp.ts";
import { openCommands } from "./commands/open.ts";
import { organizationCommands } from "./commands/organization.ts";
import { projectCommands } from "./commands/project.ts";
import { personCommands } from "./commands/person.ts";
import { questionCommands } from "./commands/questions.ts";
import { quotaCommands } from "./commands/quota.ts";
import { notifyCommands } from "./commands/notify.ts";
import { restoreCommands } from "./commands/restore.ts";
import { retentionCommands } from "./commands/retention.ts";
import { roleCommands } from "./commands/role.ts";
import { runCommands } from "./commands/run.ts";
import { runbookCommands } from "./commands/runbook.ts";
import { runbooksCommands } from "./commands/runbooks.ts";
import { runsCommands } from "./commands/runs.ts";
import { secretCommands } from "./commands/secret.ts";
import { serviceAccountCommands } from "./commands/service-account.ts";
import { sessionCommands } from "./commands/session.ts";
import { signingCommands } from "./commands/signing.ts";
import { steerCommands } from "./commands/steer.ts";
import { teamCommands } from "./commands/team.ts";
import { triggerCommands } from "./commands/trigger.ts";
import { upCommand } from "./commands/up.ts";
import { policyCommands } from "./commands/policy.ts";
import { variableCommands } from "./commands/variable.ts";
import { queueCommands } from "./commands/queue.ts";
import { overviewCommands } from "./commands/overview.ts";
import { workersCommands } from "./commands/workers.ts";
import { addShortExamples } from "./help/examples.ts";
import { groupByTopic } from "./help/topics.ts";
import { version } from "./version.ts";

/** Every command with its options: what is parsed, what `--help` says, and what the reference page is made of. */
export function createProgram(host: Host): Command {
  const program = new Command("gantry")
    .description("Change control for agents and infrastructure: plan, approve, carry out, verify, undo.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .option("--json", "data as JSON on stdout")
    .option("--context <name>", "server with its key and defaults (default: GANTRY_CONTEXT, or what context use said)")
    .option("--url <url>", "server (default: GANTRY_URL, the context, or a server on this machine)")
    .option("--key <key>", "API key; GANTRY_KEY keeps it out of the process list")
    .option("--data-dir <path>", "data directory of a server on this machine (default: GANTRY_DATA_DIR)")
    .option("--no-color", "no colour")
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nFirst steps:\n  $ gantry up                    start the platform here\n  $ gantry doctor                see what works\n  $ gantry runbooks list         see what can be run\n  $ gantry run <runbook> -e <environment>",
    );
  const act = createAct(host);
  upCommand(program, act);
  runCommands(program, act);
  goalsCommands(program, act);
  askCommand(program, act);
  runsCommands(program, act);
  approvalsCommands(program, act);
  questionCommands(program, act);
  approvalCommands(program, act);
  approveCommands(program, act);
  steerCommands(program, act);
  forkCommand(program, act);
  runbooksCommands(program, act);
  runbookCommands(program, act);
  workersCommands(program, act);
  queueCommands(program, act);
  overviewCommands(program, act);
  doctorCommand(program, act);
  openCommands(program, act);
  contextCommands(program, act);
  configCommands(program, act);
  loginCommands(program, act);
  sessionCommands(program, act);
  personCommands(program, act);
  serviceAccountCommands(program, act);
  keyCommands(program, act);
  organizationCommands(program, act);
  actorCommands(program, act);
  teamCommands(program, act);
  roleCommands(program, act);
  projectCommands(program, act);
  environmentCommands(program, act);
  variableCommands(program, act);
  policyCommands(program, act);
  secretCommands(program, act);
  notifyCommands(program, act);
  connectionCommands(program, act);
  memoryCommands(program, act);
  modelsCommands(program, act);
  limitCommands(program, act);
  budgetCommands(program, act);
  breakerCommands(program, act);
  quotaCommands(program, act);
  blobsCommands(program, act);
  encryptionCommands(program, act);
  backupCommands(program, act);
  restoreCommands(program, act);
  breakGlassCommands(program, act);
  killSwitchCommands(program, act);
  auditCommands(program, act);
  signingCommands(program, act);
  triggerCommands(program, act);
  agentCommands(program, act);
  agentsCommand(program, act);
  mcpCommands(program, act);
  freezeCommands(program, act);
  retentionCommands(program, act);
  archiveCommands(program, act);
  completionCommand(program, act);
  helpCommand(program, act);
  addShortExamples(program);
  groupByTopic(program);
  // Subcommands take over what was set when they were made; the rest is set here, once, for all of them.
  configure(program);
  return program;
}

function configure(command: Command): void {
  command.exitOverride();
  // Names alone in lists of commands: with their arguments nothing would be left for the text on a small terminal.
  command.configureHelp({ showGlobalOptions: true, minWidthToWrap: 20, subcommandTerm: (child) => child.name() });
  // main.ts says what is wrong, as it does for every other error.
  command.configureOutput({ outputError: () => undefined });
  for (const child of command.commands) configure(child);
}
