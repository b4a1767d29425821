import { useState, type ReactNode } from "react";
import { Button } from "../button.tsx";
import { usePhone } from "../media.ts";
import { useTexts } from "../texts.ts";

/** Filters, behind a button where they would fill a phone's screen; it says how many of them narrow what is seen. */
export function FacetFold({ active, children }: { active: number; children: ReactNode }) {
  const said = useTexts(texts);
  const phone = usePhone();
  const [open, setOpen] = useState(false);
  if (!phone) return children;
  return (
    <>
      <Button aria-expanded={open} onClick={() => setOpen(!open)}>
        {said.filters(active)}
      </Button>
      {open && children}
    </>
  );
}

const texts = { en: { filters: (active: number) => (active === 0 ? "Filters" : `Filters (${active})`) } };
