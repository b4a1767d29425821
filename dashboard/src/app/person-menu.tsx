import { useState } from "react";
import { useMe } from "../data/queries.ts";
import { Icon } from "../ui/icon.tsx";
import { Popover } from "../ui/popover.tsx";
import { useTexts } from "../ui/texts.ts";
import { currentTheme, setTheme } from "./theme.ts";

const item = "flex min-h-9 w-full cursor-pointer items-center gap-2 rounded-sm px-2 text-left text-sm hover:bg-hover";

/** Who is signed in; their account, how it looks, and the way out. */
export function PersonMenu() {
  const me = useMe();
  const said = useTexts(texts);
  const [theme, choose] = useState(currentTheme);
  return (
    <Popover
      label={said.menuOf(me.actor.name)}
      button={
        <>
          <Icon name="person" />
          <span className="max-w-32 truncate max-md:sr-only">{me.actor.name}</span>
        </>
      }
      buttonClass="hover:bg-hover flex min-h-8 items-center gap-1.5 rounded-md px-2 text-sm max-sm:min-h-10"
      panelClass="top-11 right-3 w-56 rounded-md p-1"
    >
      <p className="px-2 py-1.5">
        <span className="block truncate text-sm font-medium">{me.actor.name}</span>
        <span className="text-muted block truncate text-xs">{me.organization.name}</span>
      </p>
      <a className={item} href="/account">
        {said.account}
      </a>
      <fieldset className="border-line my-1 border-y py-1">
        <legend className="sr-only">{said.look}</legend>
        {(["system", "light", "dark"] as const).map((one) => (
          <label key={one} className={item}>
            <input
              type="radio"
              name="theme"
              className="accent-accent"
              checked={theme === one}
              onChange={() => {
                setTheme(one);
                choose(one);
              }}
            />
            {said.themes[one]}
          </label>
        ))}
      </fieldset>
      <a className={item} href="/docs">
        {said.docs}
      </a>
      <form method="post" action="/sign-out">
        <button type="submit" className={item}>
          {said.signOut}
        </button>
      </form>
    </Popover>
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
