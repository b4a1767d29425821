import { Link, Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { useMe } from "../data/queries.ts";
import { useFirstStepsPlace } from "../screens/onboarding/first-steps.ts";
import { Icon } from "../ui/icon.tsx";
import { Loading } from "../ui/loading.tsx";
import { Popover } from "../ui/popover.tsx";
import { useTexts } from "../ui/texts.ts";
import { LiveMark } from "./live-mark.tsx";
import { navigation, type Place } from "./navigation.ts";
import { OrganizationChooser } from "./organization-chooser.tsx";
import { PersonMenu } from "./person-menu.tsx";

const Palette = lazy(() => import("./palette.tsx").then(({ Palette }) => ({ default: Palette })));

const ElevationBar = lazy(() =>
  import("../screens/elevation/bar.tsx").then(({ ElevationBar }) => ({ default: ElevationBar })),
);

/** What stands around every screen. */
export function Shell() {
  const said = useTexts(texts);
  const [palette, setPalette] = usePalette();
  const { until } = useMe().installation;
  return (
    <>
      <a
        href="#content"
        className="bg-accent text-on-accent sr-only z-50 rounded-md px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {said.skip}
      </a>
      <div className="flex min-h-dvh">
        <SideBar />
        <div className="flex min-w-0 flex-1 flex-col">
          <header className="bg-surface border-line sticky top-0 z-30 flex h-12 items-center gap-2 border-b px-3 sm:px-4">
            <Link to="/" className="mr-1 flex items-center gap-2 font-semibold lg:hidden">
              <img src="/icon.svg" alt="" className="size-6" />
              <span className="max-sm:sr-only">Gantry</span>
            </Link>
            <OrganizationChooser />
            <button
              type="button"
              onClick={() => setPalette(true)}
              className="border-line text-muted hover:bg-hover ml-auto flex min-h-8 min-w-0 items-center gap-2 rounded-md border px-2 text-sm max-sm:min-h-10 sm:w-64"
            >
              <Icon name="search" />
              <span className="max-sm:sr-only">{said.search}</span>
              <kbd className="text-2xs ml-auto font-sans max-sm:hidden">Ctrl K</kbd>
            </button>
            <LiveMark />
            <PersonMenu />
          </header>
          {until !== null && (
            <Suspense>
              <ElevationBar until={until} />
            </Suspense>
          )}
          <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none max-lg:pb-20">
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
      <PhoneBar />
      {palette && (
        <Suspense>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
    </>
  );
}

function SideBar() {
  const said = useTexts(texts);
  return (
    <aside className="bg-surface border-line sticky top-0 h-dvh w-48 shrink-0 overflow-y-auto border-r max-lg:hidden">
      <Link to="/" className="flex h-12 items-center gap-2 px-4 font-semibold">
        <img src="/icon.svg" alt="" className="size-6" />
        Gantry
      </Link>
      <nav aria-label={said.main} className="p-2">
        <PlaceList />
      </nav>
    </aside>
  );
}

function PlaceList() {
  const firstSteps = useFirstStepsPlace();
  const places = useTexts(navigation).filter(({ to }) => to !== "/onboarding" || firstSteps);
  return (
    <ul className="space-y-0.5">
      {places.map((place) => (
        <li key={place.to}>
          <PlaceLink place={place} />
        </li>
      ))}
    </ul>
  );
}

function PlaceLink({ place }: { place: Place }) {
  return (
    <Link
      to={place.to}
      activeOptions={{ exact: place.to === "/" }}
      className="text-muted hover:bg-hover hover:text-text data-[status=active]:bg-info-soft data-[status=active]:text-info flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium"
    >
      <Icon name={place.icon} />
      {place.label}
    </Link>
  );
}

/** The most used places within reach of a thumb; the others behind the last one. */
function PhoneBar() {
  const said = useTexts(texts);
  const places = useTexts(navigation).filter(({ phone }) => phone === true);
  const look =
    "flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-muted data-[status=active]:text-info";
  return (
    <nav
      aria-label={said.main}
      className="bg-surface border-line fixed inset-x-0 bottom-0 z-30 flex border-t pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {places.map(({ to, label, icon }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === "/" }} className={look}>
          <Icon name={icon} />
          {label}
        </Link>
      ))}
      <Popover
        button={
          <>
            <Icon name="menu" />
            {said.more}
          </>
        }
        buttonClass={look}
        panelClass="inset-x-0 bottom-0 max-h-[80dvh] w-full overflow-y-auto rounded-t-lg p-3 backdrop:bg-[rgb(0_0_0/45%)]"
      >
        <PlaceList />
      </Popover>
    </nav>
  );
}

/** Ctrl K, or Cmd K. */
function usePalette(): [boolean, (open: boolean) => void] {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      setOpen((before) => !before);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return [open, setOpen];
}

const texts = {
  en: {
    skip: "Go to the content",
    search: "Search or do …",
    main: "Main",
    more: "More",
  },
};
