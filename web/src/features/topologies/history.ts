/** What was, what is, and what was taken back. */
export interface History<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
  /** Changes with the same tag one after the other are one step, such as the letters of a name. */
  readonly tag?: string;
}

const most = 200;

export const begun = <T>(now: T): History<T> => ({ past: [], now, future: [] });

export function changedTo<T>(history: History<T>, now: T, tag?: string): History<T> {
  if (now === history.now) return history;
  if (tag && tag === history.tag) return { ...history, now, future: [] };
  return { past: [...history.past.slice(1 - most), history.now], now, future: [], tag };
}

export function undone<T>(history: History<T>): History<T> {
  const now = history.past.at(-1);
  return now === undefined ? history : { past: history.past.slice(0, -1), now, future: [history.now, ...history.future] };
}

export function redone<T>(history: History<T>): History<T> {
  const [now, ...future] = history.future;
  return now === undefined ? history : { past: [...history.past, history.now], now, future };
}
