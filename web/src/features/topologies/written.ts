import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { send, type Write } from '../../api/client';
import { api } from '../../api/endpoints';
import type { ApiError } from '../../api/errors';
import { useOrg } from '../../api/hooks';
import type { TopologyView } from '../../api/types';
import { viewOf } from './raw';

/** A topology with the texts of its drawing, asked for again and again. */
export function useTopology(id: string) {
  const org = useOrg();
  const { path } = api.topology(id);
  const query = useQuery<TopologyView, ApiError>({
    queryKey: [org, path, 'as written'],
    queryFn: async ({ signal }) => viewOf(await send<string>({ path }, { org, signal, text: true })),
    refetchInterval: (state) => (state.state.data?.deployment?.operationId ? 2000 : 20_000),
  });
  return { data: query.data, error: query.error ?? undefined, reload: query.refetch };
}

interface Options {
  onDone: (view: TopologyView) => void;
  onError?: (error: ApiError) => void;
}

/** Sends a topology as a text, so that what is in it stays as it is written; afterwards everything on the page is read anew. */
export function useWrite<A>(make: (argument: A) => { request: Write<TopologyView>; text: string }, { onDone, onError }: Options) {
  const org = useOrg();
  const client = useQueryClient();
  const mutation = useMutation<TopologyView, ApiError, A>({
    mutationFn: async (argument) => {
      const { request, text } = make(argument);
      return viewOf(await send<string>({ path: request.path, method: request.method, json: text }, { org, text: true }));
    },
    onSuccess: (view) => {
      void client.invalidateQueries();
      onDone(view);
    },
    onError,
  });
  return { send: mutation.mutate, busy: mutation.isPending, error: mutation.error ?? undefined, reset: mutation.reset };
}
