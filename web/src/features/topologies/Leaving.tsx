import { lazy, Suspense } from 'react';
import { useBlocker } from '@tanstack/react-router';

const Confirm = lazy(async () => ({ default: (await import('../../ui/Confirm')).Confirm }));

/** Asks before a page with unsaved changes is left; another view of the same drawing is not left. */
export function Leaving({ dirty }: { dirty: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (status !== 'blocked') return null;
  return <Suspense><Confirm title="Leave without saving?" verb="Leave" danger onConfirm={proceed} onClose={reset}>What you have drawn since the last save is lost.</Confirm></Suspense>;
}
