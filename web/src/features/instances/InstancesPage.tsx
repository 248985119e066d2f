import { api } from '../../api/endpoints';
import { useAllowed, useList, useMe } from '../../api/hooks';
import { LinkButton, usePaths, useUrlState } from '../../nav';
import { EmptyState } from '../../ui/Bits';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { IconCube } from '@tabler/icons-react';
import { Page } from '../shell/Page';
import { instanceStatuses } from './InstanceParts';
import { InstancesTable } from './InstancesTable';

export default function InstancesPage() {
  const to = usePaths();
  const me = useMe();
  const mayAdd = useAllowed('manage:instances');
  const q = useUrlState('q');
  const organization = useUrlState('organization');
  const server = useUrlState('server');
  const status = useUrlState('status');
  const clients = useList(api.clients(), { enabled: me.current.agencyEnabled });
  const servers = useList(api.servers(), { enabled: useAllowed('view:servers') });
  const filtered = Boolean(q[0] || organization[0] || server[0] || status[0]);
  const add = mayAdd ? <LinkButton to={to.newInstance()}>New instance</LinkButton> : undefined;
  return (
    <Page title="Instances" actions={add}>
      <Toolbar>
        <SearchBox label="Search instances" state={q} />
        {me.current.agencyEnabled && <Filter label="Client" state={organization} width={200} options={clients.rows?.map((client) => ({ value: client.slug, label: client.name })) ?? []} />}
        <Filter label="Server" state={server} options={servers.rows?.map((item) => ({ value: item.id, label: item.name })) ?? []} />
        <Filter label="Status" state={status} options={instanceStatuses} />
      </Toolbar>
      <InstancesTable query={{ q: q[0], organization: organization[0], server: server[0], status: status[0] }} empty={filtered
        ? <EmptyState title="No instance matches">Try another word, or clear the filters.</EmptyState>
        : <EmptyState icon={<IconCube size={28} stroke={1.5} aria-hidden />} title="No instances yet" action={add}>An instance is one Odoo with its database, made from a template on one of your servers.</EmptyState>} />
    </Page>
  );
}
