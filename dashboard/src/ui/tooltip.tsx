import { cloneElement, type ReactElement } from "react";

const delayMs = 400;

/** A few words more about `children`, an element of HTML, on hover and focus. */
export function Tooltip({ text, children }: { text: string; children: ReactElement<Record<string, unknown>> }) {
  return cloneElement(children, { "data-tip": text });
}

/**
 * Shows what `Tooltip`s say in one panel for all of them, since a long list holds hundreds. It stays while the pointer is on it, so that its
 * text can be read and copied, and Escape takes it away.
 */
export function startTooltips(page: Document): void {
  const panel = page.createElement("div");
  panel.popover = "manual";
  panel.role = "tooltip";
  panel.id = "tooltip";
  panel.className = "bg-text text-canvas inset-auto m-0 max-w-72 rounded-md px-2 py-1 text-xs whitespace-pre-line";
  page.body.append(panel);
  let about: HTMLElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const show = (): void => {
    if (about?.isConnected !== true) return;
    panel.textContent = about.dataset["tip"] ?? "";
    panel.showPopover();
    about.setAttribute("aria-describedby", panel.id);
    const { left, bottom, top } = about.getBoundingClientRect();
    const { width, height } = panel.getBoundingClientRect();
    const { clientWidth, clientHeight } = page.documentElement;
    panel.style.left = `${Math.max(4, Math.min(left, clientWidth - width - 4))}px`;
    panel.style.top = `${bottom + height + 6 > clientHeight ? top - height - 6 : bottom + 6}px`;
  };
  const hide = (): void => {
    clearTimeout(timer);
    about?.removeAttribute("aria-describedby");
    about = null;
    if (panel.matches(":popover-open")) panel.hidePopover();
  };
  const look = ({ target }: Event): void => {
    if (!(target instanceof Element) || panel.contains(target)) return;
    const next = target.closest<HTMLElement>("[data-tip]");
    if (next === about) return;
    hide();
    about = next;
    if (next !== null) timer = setTimeout(show, delayMs);
  };
  page.addEventListener("pointerover", look);
  page.addEventListener("focusin", look);
  page.addEventListener("scroll", hide, { capture: true, passive: true });
  page.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") hide();
  });
}
