import { IconBuildingSkyscraper } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useRefusal } from '../../api/hooks';
import { useUrlState } from '../../nav';
import { Action, EmptyState } from '../../ui/Bits';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { EnableAgency } from '../agency/EnableAgency';
import { Page } from '../shell/Page';
import { ClientsTable, healthOptions, soonWhereBusy } from './ClientsTable';
import { CreateClientDialog } from './CreateClientDialog';

export default function ClientsPage() {
  return useMe().current.agencyEnabled ? <Clients /> : <EnableAgency />;
}

function Clients() {
  const q = useUrlState('q');
  const health = useUrlState('health');
  const [dialog, setDialog] = useUrlState('dialog');
  const refusal = useRefusal('manage:agency');
  const list = useList(api.clients({ q: q[0], health: health[0] }), { every: soonWhereBusy });
  const filtered = Boolean(q[0] || health[0]);
  const create = <Action refusal={refusal} onClick={() => setDialog('new')}>New client</Action>;
  return (
    <Page title="Clients" actions={create}>
      <Toolbar>
        <SearchBox label="Search clients" state={q} />
        <Filter label="Health" state={health} options={healthOptions} />
      </Toolbar>
      <ClientsTable list={list} empty={filtered
        ? <EmptyState title="No client matches">Try another word, or clear the filters.</EmptyState>
        : <EmptyState icon={<IconBuildingSkyscraper size={28} stroke={1.5} aria-hidden />} title="No clients yet" action={create}>Each customer of the agency gets an organization of its own, with its own members and instances.</EmptyState>} />
      {dialog === 'new' && <CreateClientDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}
