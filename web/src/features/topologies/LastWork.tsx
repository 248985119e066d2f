import { Alert } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useAllowed, useRead } from '../../api/hooks';
import { Link, usePaths } from '../../nav';
import { When } from '../../ui/Bits';
import { isActive } from '../operations/OperationParts';
import classes from './topologies.module.css';

/** How the last work on a topology ended, where it did not end as it was wanted: of what was undone nothing else on the page tells. */
export function LastWork({ topology }: { topology: string }) {
  const to = usePaths();
  const { data } = useRead(api.operations({ topology, limit: '1' }), { enabled: useAllowed('view:operations'), every: (page) => (page?.data.some(isActive) ? 2000 : 20_000) });
  const [last] = data?.data ?? [];
  if (!last || (last.state !== 'rolled_back' && last.state !== 'cancelled')) return null;
  return (
    <Alert role="status" color={last.state === 'cancelled' ? 'gray' : 'red'} variant="default" p="xs" className={classes.lastWork}>
      <p><b>{last.title}</b> {last.state === 'cancelled' ? 'was cancelled' : 'failed'}, and what it had done was taken back{last.finishedAt && <> <When at={last.finishedAt} /></>}.</p>
      {last.state === 'rolled_back' && last.error && <p>{last.error.message}</p>}
      {last.state === 'rolled_back' && last.error?.hint && <p>{last.error.hint}</p>}
      <p><Link to={to.operation(last.id)} inText>Its steps and its log</Link></p>
    </Alert>
  );
}
