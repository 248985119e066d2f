import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useState } from 'react';
import type { MenuProps } from '@mantine/core';

export interface Entry {
  label: ReactNode;
  /** Where labels are not different words. */
  id?: string;
  icon?: ReactNode;
  /** At the end of its line. */
  mark?: ReactNode;
  onClick: () => void;
  disabled?: boolean;
  danger?: boolean;
  chosen?: boolean;
  lang?: string;
}

/** What can be chosen; a heading above some of it; or a line between. Left out what is false. */
export type Entries = readonly (Entry | { heading: string } | 'line' | false | undefined)[];

export interface LaterMenuProps extends Pick<MenuProps, 'position' | 'width' | 'offset'> {
  /** The button that opens it. */
  target: ReactElement<React.ButtonHTMLAttributes<HTMLButtonElement>>;
  entries: Entries;
}

const Opened = lazy(() => import('./OpenedMenu'));

/** A menu whose code comes when it is first opened: every page has some, and few are opened. */
export function LaterMenu(props: LaterMenuProps) {
  const [asked, setAsked] = useState(false);
  const ask = () => setAsked(true);
  const closed = cloneElement(props.target, {
    'aria-haspopup': 'menu', 'aria-expanded': false, onClick: ask, onKeyDown: (event) => { if (event.key === 'ArrowDown') { event.preventDefault(); ask(); } },
  });
  return asked ? <Suspense fallback={closed}><Opened {...props} /></Suspense> : closed;
}
