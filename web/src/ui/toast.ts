import type { ReactNode } from 'react';
import type { ApiError } from '../api/errors';

export interface Toast {
  id: number;
  tone: 'good' | 'bad';
  title?: string;
  message: ReactNode;
}

let toasts: readonly Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();

function change(to: readonly Toast[]) {
  toasts = to;
  for (const watcher of watchers) watcher();
}

function show(toast: Omit<Toast, 'id'>, milliseconds: number) {
  const id = next++;
  change([...toasts.slice(-2), { ...toast, id }]);
  setTimeout(() => dismiss(id), milliseconds);
}

/** Short messages in the corner; what has to be kept belongs on the page. */
export const toastStore = {
  subscribe(watcher: () => void) {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
  read: () => toasts,
};

export function dismiss(id: number) {
  change(toasts.filter((toast) => toast.id !== id));
}

export function done(message: ReactNode) {
  show({ tone: 'good', message }, 6000);
}

export function failed(error: ApiError) {
  show({ tone: 'bad', title: error.message, message: [error.hint, `(${error.code})`].filter(Boolean).join(' ') }, 12_000);
}
