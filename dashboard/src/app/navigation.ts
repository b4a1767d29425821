import type { LinkProps } from "@tanstack/react-router";
import type { Texts } from "../ui/texts.ts";
import type { IconName } from "../ui/icon.tsx";

export interface Place {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  icon: IconName;
  /** Also in the bar at the bottom of a phone, which has room for four. */
  phone?: boolean;
}

/** What the side bar, the phone's bar and the palette lead to, in this order. */
export const navigation: Texts<readonly Place[]> = {
  en: [
    { to: "/", label: "Home", icon: "home", phone: true },
    { to: "/approvals", label: "Approvals", icon: "approvals", phone: true },
    { to: "/queue", label: "Queue", icon: "queue" },
    { to: "/compose", label: "Compose", icon: "compose", phone: true },
    { to: "/runs", label: "Runs", icon: "runs", phone: true },
    { to: "/runbooks", label: "Runbooks", icon: "runbooks" },
    { to: "/agents", label: "Agents", icon: "agents" },
    { to: "/triggers", label: "Triggers", icon: "triggers" },
    { to: "/onboarding", label: "First steps", icon: "start" },
    { to: "/doctor", label: "Doctor", icon: "doctor" },
    { to: "/settings", label: "Settings", icon: "settings" },
  ],
};
