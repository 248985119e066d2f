import { lazy, Suspense } from 'react';
import type { Write } from '../../api/client';
import type { TerminalTicket } from '../../api/types';
import { Loading } from '../../ui/Loading';

const Screen = lazy(() => import('./TerminalScreen'));

interface Props {
  ticket: Write<TerminalTicket>;
  label: string;
  /** Said above it. */
  note: string;
}

/** A terminal. What draws it comes only to who opens one. */
export function Terminal(props: Props) {
  return <Suspense fallback={<Loading />}><Screen {...props} /></Suspense>;
}
