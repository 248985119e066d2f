import { createContext, useContext } from 'react';
import type { Texts } from './en';

export type Language = 'en' | 'fr';

export const languages: { value: Language; label: string }[] = [{ value: 'en', label: 'English' }, { value: 'fr', label: 'Français' }];

interface Choice {
  language: Language;
  texts: Texts;
  /** Somebody chose it on this device; otherwise it is the browser's. */
  chosen?: boolean;
  /** Absent where the language cannot be chosen, as in the agency's own dashboard. */
  choose?: (language: Language) => void;
}

export const TextsContext = createContext<Choice | undefined>(undefined);

export const useTexts = () => useLanguage().texts;

export function useLanguage(): Choice {
  const choice = useContext(TextsContext);
  if (!choice) throw new Error('No texts: each program begins with those of its language.');
  return choice;
}

const key = 'portal-language';

/** What was chosen on this device. */
export function kept(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // Storage is off: the browser's languages decide.
    return null;
  }
}

/** What was chosen on this device, or else the first language of the browser that there is. */
export function preferred(): Language {
  const found = [kept(), ...navigator.languages].map((tag) => tag?.slice(0, 2)).find((tag) => languages.some((language) => language.value === tag));
  return (found as Language | undefined) ?? 'en';
}

export function keep(language: Language) {
  try {
    localStorage.setItem(key, language);
  } catch {
    // Storage is off: it lasts as long as the page.
  }
}

/** Only the language that is read is loaded. */
export async function load(language: Language): Promise<Texts> {
  return language === 'fr' ? (await import('./fr')).fr : (await import('./en')).en;
}
