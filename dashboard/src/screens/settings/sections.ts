import type { Scope } from "@gantry/sdk/api";
import { lazy, type ComponentType } from "react";
import type { texts } from "./texts.ts";

export type SectionName = keyof typeof texts.en.sections;
export type GroupName = keyof typeof texts.en.groups;

export interface Section {
  group: GroupName;
  /** Who lacks it would see refusals only. */
  scope: Scope;
  /** Of nobody's business but those who administer the installation. */
  administrators?: true;
  Content: ComponentType;
}

/** The pages of the settings in their order. Each is loaded when somebody goes there. */
export const sections: Readonly<Record<SectionName, Section>> = {
  account: section("you", "read", async () => (await import("./account/section.tsx")).AccountSection),
  people: section("people", "read", async () => (await import("./people/section.tsx")).PeopleSection),
  invitations: section("people", "admin", async () => (await import("./invitations/section.tsx")).InvitationsSection),
  teams: section("people", "read", async () => (await import("./teams/section.tsx")).TeamsSection),
  roles: section("people", "read", async () => (await import("./roles/section.tsx")).RolesSection),
  programs: section("people", "admin", async () => (await import("./programs/section.tsx")).ProgramsSection),
  keys: section("people", "admin", async () => (await import("./keys/section.tsx")).KeysSection),
  delegations: section("people", "read", async () => (await import("./delegations/section.tsx")).DelegationsSection),
  "break-glass": section("people", "read", async () => (await import("./break-glass/section.tsx")).BreakGlassSection),
  policies: section("rules", "read", async () => (await import("./policies/section.tsx")).PoliciesSection),
  budgets: section("rules", "read", async () => (await import("./budgets/section.tsx")).BudgetsSection),
  limits: section("rules", "read", async () => (await import("./limits/section.tsx")).LimitsSection),
  retention: section("rules", "read", async () => (await import("./retention/section.tsx")).RetentionSection),
  notifications: section(
    "rules",
    "read",
    async () => (await import("./notifications/section.tsx")).NotificationsSection,
  ),
  projects: section("places", "read", async () => (await import("./projects/section.tsx")).ProjectsSection),
  connections: section("places", "read", async () => (await import("./connections/section.tsx")).ConnectionsSection),
  models: section("places", "read", async () => (await import("./models/section.tsx")).ModelsSection),
  mcp: section("places", "read", async () => (await import("./mcp/section.tsx")).McpSection),
  memory: section("places", "read", async () => (await import("./memory/section.tsx")).MemorySection),
  variables: section("places", "read", async () => (await import("./variables/section.tsx")).VariablesSection),
  secrets: section("places", "read", async () => (await import("./secrets/section.tsx")).SecretsSection),
  organization: section(
    "records",
    "admin",
    async () => (await import("./organization/section.tsx")).OrganizationSection,
  ),
  audit: section("records", "read", async () => (await import("./audit/section.tsx")).AuditSection),
  installation: {
    ...section("records", "read", async () => (await import("./installation/section.tsx")).InstallationSection),
    administrators: true,
  },
  backup: section("records", "read", async () => (await import("./backup/section.tsx")).BackupSection),
};

export function isSection(name: string): name is SectionName {
  return Object.hasOwn(sections, name);
}

function section(group: GroupName, scope: Scope, load: () => Promise<ComponentType>): Section {
  return { group, scope, Content: lazy(async () => ({ default: await load() })) };
}
