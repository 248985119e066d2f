import { createContext, useContext, useState } from 'react';
import { keepPreviousData, QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { send, tagOf, type Read, type Write } from './client';
import { ApiError, asApiError } from './errors';
import type { MeView, Page } from './types';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => {
        const { status } = asApiError(error);
        return count < 2 && (status === 0 || status === 502 || status === 503 || status === 504);
      },
    },
  },
});

/** Slug of the organization whose pages are shown. */
export const OrgContext = createContext<string | undefined>(undefined);
export const useOrg = () => useContext(OrgContext) ?? '';

export const MeContext = createContext<MeView | undefined>(undefined);

export function useMe(): MeView {
  const me = useContext(MeContext);
  if (!me) throw new Error('useMe outside of the signed-in pages');
  return me;
}

/** Whether the caller may do this here; manage includes view. */
export function allows(permissions: readonly string[], permission: string): boolean {
  return permissions.includes(permission) || permissions.includes(permission.replace(/^view:/, 'manage:'));
}

export function useAllowed(permission: string): boolean {
  const { permissions, ...current } = useMe().current;
  // Who looks at a portal as its client changes nothing there.
  const looksOnly = (current as { readOnly?: boolean | null }).readOnly && permission.startsWith('manage:');
  return !looksOnly && allows(permissions, permission);
}

/** Why a button that needs this permission cannot be pressed; undefined where it can. */
export function useRefusal(permission: string): string | undefined {
  return useAllowed(permission) ? undefined : `Your role in this organization does not include ${permission}.`;
}

interface ReadOptions<T> {
  /** Act in another organization than the page's, such as an agency's client. */
  org?: string;
  /** Ask again after so many milliseconds; false to stop. */
  every?: (data: T | undefined) => number | false;
  enabled?: boolean;
}

export function useRead<T>(request: Read<T>, options: ReadOptions<T> = {}) {
  const page = useOrg();
  const org = options.org ?? page;
  const query = useQuery<T, ApiError>({
    queryKey: [org, request.path, request.query ?? {}],
    queryFn: ({ signal }) => send(request, { org, signal }),
    enabled: options.enabled,
    refetchInterval: (state) => options.every?.(state.state.data) ?? false,
  });
  return { data: query.data, error: query.error ?? undefined, loading: query.isPending && query.fetchStatus !== 'idle', reload: query.refetch };
}

const pageSize = 100;

export function useList<T>(request: Read<Page<T>>, options: ReadOptions<readonly T[]> = {}) {
  const page = useOrg();
  const org = options.org ?? page;
  const query = useInfiniteQuery({
    queryKey: [org, request.path, request.query ?? {}, 'list'],
    queryFn: ({ signal, pageParam }) =>
      send<Page<T>>({ ...request, query: { limit: pageSize, ...request.query, cursor: pageParam || undefined } }, { org, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => (last.hasMore ? (last.nextCursor ?? undefined) : undefined),
    enabled: options.enabled,
    placeholderData: keepPreviousData,
    refetchInterval: (state) => options.every?.(state.state.data?.pages.flatMap((part) => part.data)) ?? false,
  });
  return {
    rows: query.data?.pages.flatMap((part) => part.data),
    error: query.error ? asApiError(query.error) : undefined,
    loading: query.isPending && query.fetchStatus !== 'idle',
    more: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
    loadingMore: query.isFetchingNextPage,
    reload: () => void query.refetch(),
  };
}

export type ListState<T> = ReturnType<typeof useList<T>>;

interface SendOptions<T> {
  org?: string;
  /** It changes nothing that is shown, such as a preview: nothing is read anew. */
  quiet?: boolean;
  onDone?: (answer: T) => void;
  onError?: (error: ApiError) => void;
}

/** A change; afterwards everything on the page is read anew. */
export function useSend<A, T>(make: (argument: A) => Write<T>, options: SendOptions<T> = {}) {
  const page = useOrg();
  const client = useQueryClient();
  const mutation = useMutation<T, ApiError, A>({
    mutationFn: (argument) => send(make(argument), { org: options.org ?? page }),
    onSuccess: (answer) => {
      if (!options.quiet) void client.invalidateQueries();
      options.onDone?.(answer);
    },
    onError: options.onError,
  });
  return { send: mutation.mutate, busy: mutation.isPending, error: mutation.error ?? undefined, reset: mutation.reset, answer: mutation.data };
}

/** A change of what a form was filled with: refused where somebody else changed that since the form was opened, unless it is sent by `overwrite`. */
export function useEdit<A, T>(read: Read<unknown> | undefined, make: (argument: A) => Write<T>, options: SendOptions<T> = {}) {
  const page = useOrg();
  const [opened, setOpened] = useState(() => read && tagOf(read, { org: options.org ?? page }));
  const { send: put, ...sending } = useSend(({ argument, ifMatch }: { argument: A; ifMatch?: string }) => ({ ...make(argument), ifMatch }), {
    ...options,
    // What was just saved has another tag, and is what the form shows.
    onDone: (answer) => { setOpened(undefined); options.onDone?.(answer); },
  });
  return {
    ...sending,
    send: (argument: A) => put({ argument, ifMatch: opened }),
    overwrite: sending.error?.code === 'precondition_failed' ? (argument: A) => put({ argument }) : undefined,
  };
}
