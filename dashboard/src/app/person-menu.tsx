import { Menu } from "@base-ui/react/menu";
import { useState } from "react";
import { useMe } from "../data/queries.ts";
import { Icon } from "../ui/icon.tsx";
import { useTexts } from "../ui/texts.ts";
import { currentTheme, setTheme, type Theme } from "./theme.ts";

const item =
  "flex min-h-9 w-full cursor-pointer items-center gap-2 rounded-sm px-2 text-left text-sm outline-none data-[highlighted]:bg-hover";

/** Who is signed in; their account, how it looks, and the way out. */
export function PersonMenu() {
  const me = useMe();
  const said = useTexts(texts);
  const [theme, choose] = useState(currentTheme);
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label={said.menuOf(me.actor.name)}
        className="hover:bg-hover flex min-h-8 items-center gap-1.5 rounded-md px-2 text-sm max-sm:min-h-10"
      >
        <Icon name="person" />
        <span className="max-w-32 truncate max-md:sr-only">{me.actor.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-50">
          <Menu.Popup className="bg-raised border-line shadow-raised w-56 rounded-md border p-1">
            <p className="px-2 py-1.5">
              <span className="block truncate text-sm font-medium">{me.actor.name}</span>
              <span className="text-muted block truncate text-xs">{me.organization.name}</span>
            </p>
            <Menu.Item className={item} render={<a href="/account">{said.account}</a>} />
            <Menu.Separator className="border-line my-1 border-t" />
            <Menu.RadioGroup
              aria-label={said.look}
              value={theme}
              onValueChange={(next: Theme) => {
                setTheme(next);
                choose(next);
              }}
            >
              {(["system", "light", "dark"] as const).map((one) => (
                <Menu.RadioItem key={one} value={one} className={item} closeOnClick={false}>
                  <span className="w-4">{theme === one && "✓"}</span>
                  {said.themes[one]}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="border-line my-1 border-t" />
            <Menu.Item className={item} render={<a href="/docs">{said.docs}</a>} />
            <form method="post" action="/sign-out">
              <Menu.Item className={item} nativeButton render={<button type="submit">{said.signOut}</button>} />
            </form>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

const texts = {
  en: {
    menuOf: (name: string) => `Menu of ${name}`,
    account: "Your account",
    look: "Appearance",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    docs: "Reference",
    signOut: "Sign out",
  },
};
