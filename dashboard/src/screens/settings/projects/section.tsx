import type { EnvironmentView, ProjectView } from "@gantry/sdk/api";
import { useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { usePlaces } from "../parts/place-field.tsx";
import { placeText } from "../parts/place.ts";
import { Rows } from "../parts/rows.tsx";
import { ApprovalPanel } from "./approval-panels.tsx";
import { CreateEnvironmentPanel, EditEnvironmentPanel } from "./environment-panels.tsx";
import { CreateProjectPanel, ProjectPanel } from "./project-panels.tsx";
import { texts } from "./texts.ts";

const looks: Record<EnvironmentView["protection"], readonly [Tone, Shape]> = {
  open: ["idle", "ring"],
  guarded: ["info", "diamond"],
  strict: ["attention", "stop"],
};

/** Projects with their environments. What is open is `new`, `project`, `project/` (a new environment of it), `project/environment`, or
 * `approvals` with or without one of these before it. */
export function ProjectsSection() {
  const said = useTexts(texts);
  const { projects, environments } = usePlaces();
  const { show = "", open, close } = useShown();
  const admin = useMay("admin");
  const project = projects.find(({ name }) => name === show);
  const under = projects.find(({ name }) => `${name}/` === show);
  const environment = environments.find((one) => idOf(one) === show);
  const approvals = environments.find((one) => `approvals ${idOf(one)}` === show);
  return (
    <Page
      title={said.title}
      lead={said.lead}
      actions={
        admin && (
          <Button kind="primary" onClick={() => open("new")}>
            {said.addProject}
          </Button>
        )
      }
    >
      <div className="space-y-4">
        {projects.map((one) => (
          <ProjectBox
            key={one.id}
            project={one}
            environments={environments.filter((each) => each.project === one.name)}
            may={admin}
            onOpen={open}
          />
        ))}
        {admin && <Button onClick={() => open("approvals")}>{said.approvalDefaults}</Button>}
        <Twin>{commandLine(["environment", "list"])}</Twin>
      </div>
      {admin && (show === "approvals" || approvals !== undefined) && (
        <ApprovalPanel key={show} at={approvals ?? null} onClose={close} />
      )}
      {admin && show === "new" && <CreateProjectPanel onClose={close} />}
      {admin && project !== undefined && <ProjectPanel key={project.id} project={project} onClose={close} />}
      {admin && under !== undefined && <CreateEnvironmentPanel project={under.name} onClose={close} />}
      {admin && environment !== undefined && (
        <EditEnvironmentPanel key={show} environment={environment} onClose={close} />
      )}
    </Page>
  );
}

function ProjectBox({
  project: { name, liveRuns },
  environments,
  may,
  onOpen,
}: {
  project: ProjectView;
  environments: readonly EnvironmentView[];
  may: boolean;
  onOpen(id: string): void;
}) {
  const said = useTexts(texts);
  return (
    <Panel
      title={name}
      flush
      actions={
        <>
          {liveRuns > 0 && <span className="text-muted text-xs">{said.live(liveRuns)}</span>}
          {may && (
            <>
              <Button small onClick={() => onOpen(`${name}/`)}>
                {said.addEnvironment}
              </Button>
              <Button small aria-label={said.renameTitle(name)} onClick={() => onOpen(name)}>
                {said.rename}
              </Button>
            </>
          )}
        </>
      }
    >
      {environments.length === 0 ? (
        <EmptyState
          title={said.noEnvironments}
          command={commandLine(["environment", "create", "staging"], { project: name })}
        />
      ) : (
        <Rows
          label={said.environment}
          rows={environments}
          idOf={idOf}
          nameOf={(one) => one.name}
          {...(may ? { onOpen: (one: EnvironmentView) => onOpen(idOf(one)) } : {})}
          columns={[
            { title: said.protection, cell: ({ protection }) => <Protection of={protection} /> },
            { title: said.pool, cell: ({ pool }) => pool, phone: false },
            ...(may
              ? [
                  {
                    title: said.approvals,
                    cell: (one: EnvironmentView) => (
                      <Button
                        small
                        aria-label={said.approvalsEdit(one.name)}
                        onClick={() => onOpen(`approvals ${idOf(one)}`)}
                      >
                        {said.approvals}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
    </Panel>
  );
}

function Protection({ of }: { of: EnvironmentView["protection"] }) {
  const [tone, shape] = looks[of];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).protections[of]} />;
}

function idOf({ project, name }: EnvironmentView): string {
  return placeText({ project, environment: name });
}
