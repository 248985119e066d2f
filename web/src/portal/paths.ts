import { useParams } from '@tanstack/react-router';

const e = encodeURIComponent;

/** A portal's addresses: short where the host is one client's, under its organization where it is not. */
export function portalPaths(base: string) {
  return {
    home: base || '/',
    instance: (instance: string, tab?: string) => `${base}/instances/${e(instance)}${tab ? `?tab=${tab}` : ''}`,
    operation: (instance: string, operation: string) => `${base}/instances/${e(instance)}?tab=activity&operation=${e(operation)}`,
    team: `${base}/team`,
    account: (tab?: string) => `${base}/account${tab ? `?tab=${tab}` : ''}`,
  };
}

export function usePortalPaths() {
  const { org, viewed }: { org?: string; viewed?: string } = useParams({ strict: false });
  return portalPaths(viewed ? `/view/${e(viewed)}` : org ? `/o/${e(org)}` : '');
}
