import { IconServer } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList } from '../../api/hooks';
import type { ServerView } from '../../api/types';
import { Link, LinkButton, usePaths, useUrlState } from '../../nav';
import { EmptyState, Meter, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { bytes } from '../../ui/format';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { Page } from '../shell/Page';
import { inBetween, serverAddress, ServerStatusView, serverStatuses } from './ServerParts';

export default function ServersPage() {
  const to = usePaths();
  const q = useUrlState('q');
  const status = useUrlState('status');
  const sort = useUrlState('sort');
  const mayAdd = useAllowed('manage:servers');
  const list = useList(api.servers({ q: q[0] }), { every: (rows) => (rows?.some(inBetween) ? 4000 : 20_000) });
  const columns: Column<ServerView>[] = [
    { key: 'name', header: 'Server', render: (row) => <Link to={to.server(row.id)} strong>{row.name}</Link>, sort: (row) => row.name },
    { key: 'status', header: 'Status', render: (row) => <ServerStatusView server={row} />, sort: (row) => row.status },
    { key: 'address', header: 'Address', render: (row) => <span className="mono dim">{serverAddress(row)}</span>, sort: (row) => row.host },
    { key: 'instances', header: 'Instances', align: 'right', render: (row) => row.instanceCount, sort: (row) => row.instanceCount },
    {
      key: 'memory', header: 'Memory promised', width: 150, sort: (row) => (row.use && row.facts ? row.use.memoryReservedBytes / row.facts.memoryBytes : 0),
      render: (row) => row.use && row.facts ? <Meter label={`Memory promised on ${row.name}`} used={row.use.memoryReservedBytes} of={row.facts.memoryBytes} text={`${bytes(row.use.memoryReservedBytes)} of ${bytes(row.facts.memoryBytes)}`} /> : '–',
    },
    {
      key: 'disk', header: 'Disk', width: 150, sort: (row) => (row.use && row.facts ? row.use.diskUsedBytes / row.facts.diskBytes : 0),
      render: (row) => row.use && row.facts ? <Meter label={`Disk used on ${row.name}`} used={row.use.diskUsedBytes} of={row.facts.diskBytes} text={`${bytes(row.use.diskUsedBytes)} of ${bytes(row.facts.diskBytes)}`} /> : '–',
    },
    { key: 'docker', header: 'Docker', render: (row) => row.facts?.dockerVersion ?? '–' },
    { key: 'seen', header: 'Last seen', align: 'right', render: (row) => <When at={row.lastSeenAt} none="never" />, sort: (row) => row.lastSeenAt ?? '' },
  ];
  const add = mayAdd ? <LinkButton to={to.newServer}>Add server</LinkButton> : undefined;
  return (
    <Page title="Servers" actions={add}>
      <Toolbar>
        <SearchBox label="Search servers" state={q} />
        <Filter label="Status" state={status} options={serverStatuses} width={170} />
      </Toolbar>
      <DataTable label="Servers" noun="server" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} filter={status[0] ? (row) => row.status === status[0] : undefined} empty={
        q[0] || status[0] ? <EmptyState title="No server matches">Try another word, or clear the filters.</EmptyState> : (
          <EmptyState icon={<IconServer size={28} stroke={1.5} aria-hidden />} title="No servers yet" action={add}>
            Connect a Linux server over SSH. Docker is installed on it where it is missing, and your clients' instances run there.
          </EmptyState>
        )
      } />
    </Page>
  );
}
