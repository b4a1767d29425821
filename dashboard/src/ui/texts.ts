import { createContext, use } from "react";

/** Languages that every text is written in. Another one is a further name here; what lacks it then doesn't compile. */
export type Language = "en";

/** What a screen says: texts, and functions where something is put into them. */
export type Texts<T> = Record<Language, T>;

export const LanguageContext = createContext<Language>("en");

export function useTexts<T>(texts: Texts<T>): T {
  return texts[use(LanguageContext)];
}

const rules: Record<Language, Intl.PluralRules> = { en: new Intl.PluralRules("en") };

/** `1 run`, `2 runs`: the form that the language wants for the number, with the number in it. */
export function plural(
  language: Language,
  count: number,
  forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string },
): string {
  const form = forms[rules[language].select(count)] ?? forms.other;
  return `${count.toLocaleString(language)} ${form}`;
}
