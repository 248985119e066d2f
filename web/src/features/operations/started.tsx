import type { OperationView } from '../../api/types';
import { router } from '../../routes';
import { paths } from '../../paths';
import { done } from '../../ui/toast';
import { Anchor } from '@mantine/core';

/** Says that work has begun, with a way to follow it. */
export function started(org: string, operation: OperationView) {
  const to = paths.in(org).operation(operation.id);
  done(
    <>
      {operation.title}: started.{' '}
      <Anchor href={to} inherit underline="always" onClick={(event) => { event.preventDefault(); void router.navigate({ to }); }}>Follow it</Anchor>
    </>,
  );
}
