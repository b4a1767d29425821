import type { ReactNode } from "react";

/** 16 px, drawn in the colour of the text around it; what it means stands beside it in words. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 16 16"
      className="size-4 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {icons[name]}
    </svg>
  );
}

const icons = {
  home: <path d="M2.5 7 8 2.5 13.5 7v6.5h-4V9.5h-3v4h-4z" />,
  approvals: <path d="M8 1.8 14.2 8 8 14.2 1.8 8zM5.6 8l1.7 1.7 3.2-3.4" />,
  runs: <path d="M2.5 3.5h11M2.5 8h11M2.5 12.5h7" />,
  compose: <path d="M8 3v10M3 8h10" />,
  queue: <path d="M2.5 4h7M2.5 8h9M2.5 12h5M13 10.5v4m-2-2h4" />,
  runbooks: <path d="M3 2.5h7.5L13 5v8.5H3zM5.5 6.5h5M5.5 9.5h5" />,
  agents: <path d="M4 6.5h8v6H4zM8 6.5V3.5m0 0h.01M6.3 9.2h.01M9.7 9.2h.01M2.3 8.5v2m11.4-2v2" />,
  triggers: <path d="M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z" />,
  settings: (
    <>
      <circle cx="8" cy="8" r="2" />
      <path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4" />
    </>
  ),
  audit: <path d="M8 1.8 13 4v4c0 3-2.2 5.2-5 6.2C5.2 13.2 3 11 3 8V4zM6 8l1.5 1.5L10.2 6.6" />,
  doctor: <path d="M2 8h3l1.5-4 3 8L11 8h3" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.3 3.3" />
    </>
  ),
  menu: <path d="M2.5 4h11M2.5 8h11M2.5 12h11" />,
  person: (
    <>
      <circle cx="8" cy="5.2" r="2.6" />
      <path d="M2.8 13.8c.6-2.8 2.7-4.2 5.2-4.2s4.6 1.4 5.2 4.2" />
    </>
  ),
  close: <path d="m3.5 3.5 9 9m0-9-9 9" />,
  up: <path d="M3.5 10 8 5.5l4.5 4.5" />,
  down: <path d="M3.5 6 8 10.5 12.5 6" />,
  next: <path d="M6 3.5 10.5 8 6 12.5" />,
  back: <path d="M10 3.5 5.5 8 10 12.5" />,
  outside: <path d="M6.5 3.5h-4v10h10v-4M9 2.5h4.5V7M13.2 2.8 7.5 8.5" />,
  start: <path d="M8 1.8 10 6l4.5.5-3.3 3 .9 4.5L8 11.8 3.9 14l.9-4.5-3.3-3L6 6z" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof icons;
