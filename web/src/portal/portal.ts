import { createContext, useContext } from 'react';
import type { PortalView } from '../api/types';

/**
 * What the server wrote into the page: whose portal this host is, and how it looks. It is there before the first script runs, so
 * nothing of another brand is ever seen. On the platform's own address it says so.
 */
export function portalOfPage(): PortalView | undefined {
  const text = document.getElementById('oc-portal')?.textContent;
  if (!text) return undefined;
  const portal = JSON.parse(text) as PortalView;
  return portal.kind === 'portal' ? portal : undefined;
}

export const PortalContext = createContext<PortalView | undefined>(undefined);

/** Absent in the agency's dashboard. */
export const usePortal = () => useContext(PortalContext);
