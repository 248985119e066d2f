import { useMe } from '../api/hooks';
import type { PortalConfigValues } from '../api/types';

/** The switches as they bind the caller; the agency's own people are not bound. */
export function useSwitches(): PortalConfigValues | undefined {
  return (useMe().current as { portal?: PortalConfigValues | null }).portal ?? undefined;
}
