import type { Draft } from "../../ui/schema-form/index.ts";
import type { Place } from "./place-fields.tsx";

/** Where what was typed is kept, and what it is. */
export const keptPlace = "place";
export const keptWords = "words";

export interface KeptForm {
  goal: string;
  draft: Draft;
}

export interface KeptWords {
  text: string;
  place: Place;
  /** Chosen instead of matched. */
  runbook: string | null;
  /** What was filled in for what was missing, by parameter. */
  answers: Record<string, Draft>;
  /** In which a model plans it, and what it was asked. */
  planned?: { run: string; text: string; project: string };
}

export const keptForm = (runbook: string): string => `form ${runbook}`;
export const startPlace = (): Place => ({ project: "default", environment: "" });
export const startWords = (): KeptWords => ({ text: "", place: startPlace(), runbook: null, answers: {} });
