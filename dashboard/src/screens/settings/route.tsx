import { ApiError } from "@gantry/sdk/client";
import { CatchBoundary, Link, useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import { useMe } from "../../data/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { isSection, sections, type GroupName, type SectionName } from "./sections.ts";
import { texts } from "./texts.ts";

/** All pages of the settings, with what each is for. */
export function SettingsScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="gap-4 sm:columns-2 lg:columns-3">
        {useGroups().map(([group, names]) => (
          <div key={group} className="mb-4 break-inside-avoid">
            <Panel title={said.groups[group]} flush>
              <ul className="divide-line divide-y">
                {names.map((name) => (
                  <li key={name}>
                    <Link
                      to="/settings/$section"
                      params={{ section: name }}
                      className="hover:bg-hover block px-3 py-2 text-sm"
                    >
                      <span className="text-accent font-medium">{said.sections[name].label}</span>
                      <span className="text-muted block text-xs">{said.sections[name].about}</span>
                    </Link>
                  </li>
                ))}
              </ul>
            </Panel>
          </div>
        ))}
      </div>
    </Page>
  );
}

/** One of them, beside the list of all. */
export function SettingsSectionScreen() {
  const said = useTexts(texts);
  const { section = "" } = useParams({ strict: false });
  if (!isSection(section))
    return (
      <Page title={said.title}>
        <EmptyState title={said.nothing} />
        <BackLink />
      </Page>
    );
  const { Content } = sections[section];
  return (
    <div className="flex min-h-[calc(100dvh-3rem)] min-w-0">
      <nav aria-label={said.title} className="border-line w-52 shrink-0 border-r px-2 py-4 max-lg:hidden">
        {useGroups().map(([group, names]) => (
          <div key={group} className="mb-3">
            <p className="text-muted px-2.5 pb-1 text-xs font-medium">{said.groups[group]}</p>
            <ul>
              {names.map((name) => (
                <li key={name}>
                  <Link
                    to="/settings/$section"
                    params={{ section: name }}
                    className="text-muted hover:bg-hover hover:text-text data-[status=active]:bg-info-soft data-[status=active]:text-info flex min-h-8 items-center rounded-md px-2.5 text-sm"
                  >
                    {said.sections[name].label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className="min-w-0 flex-1">
        <div className="px-4 pt-3 sm:px-6 lg:hidden">
          <BackLink />
        </div>
        <CatchBoundary getResetKey={() => section} errorComponent={Refused}>
          <Suspense fallback={<Loading what={said.sections[section].label} />}>
            <Content key={section} />
          </Suspense>
        </CatchBoundary>
      </div>
    </div>
  );
}

/** A page that the caller's roles don't let them see; the others are still beside it. */
function Refused({ error }: { error: unknown }) {
  const said = useTexts(texts);
  if (!(error instanceof ApiError && error.status === 403)) throw error;
  return (
    <Page title={said.title}>
      <ErrorNotice error={error} />
    </Page>
  );
}

function BackLink() {
  const said = useTexts(texts);
  return (
    <Link to="/settings" className="text-accent inline-flex min-h-8 items-center gap-1 text-sm">
      <Icon name="back" />
      {said.back}
    </Link>
  );
}

/** Those that the caller may see anything of. */
function useGroups(): [GroupName, SectionName[]][] {
  const { scopes, installation } = useMe();
  const groups = new Map<GroupName, SectionName[]>();
  for (const name of Object.keys(sections) as SectionName[]) {
    const { group, scope, administrators = false } = sections[name];
    if (!scopes.includes(scope) || (administrators && !installation.administers)) continue;
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [...groups];
}
