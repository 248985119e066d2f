import { useState } from 'react';
import { IconArchive } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useMe, useOrg, useRefusal } from '../../api/hooks';
import type { BackupView } from '../../api/types';
import { Link, usePaths, useUrlState } from '../../nav';
import { useTexts } from '../../texts/texts';
import { Action, EmptyState } from '../../ui/Bits';
import type { Column } from '../../ui/DataTable';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { started } from '../operations/started';
import { Page, useTab } from '../shell/Page';
import { isMoving } from './BackupState';
import { BackupsTable } from './BackupsTable';
import { ImportDialog } from './ImportDialog';
import { Places } from './Places';

const tabs = [{ value: 'backups', label: 'Backups' }, { value: 'places', label: 'Backup places' }];

export default function BackupsPage() {
  const [tab] = useTab(tabs.map((item) => item.value));
  return tab === 'places' ? <Places tabs={tabs} /> : <All />;
}

function All() {
  const { backups: t } = useTexts();
  const to = usePaths();
  const org = useOrg();
  const refusal = useRefusal('manage:backups');
  const q = useUrlState('q');
  const state = useUrlState('state');
  const client = useUrlState('client');
  const sort = useUrlState('sort');
  const [importing, setImporting] = useState(false);
  const { agencyEnabled } = useMe().current;
  const mayClients = useAllowed('view:agency');
  const clients = useList(api.clients(), { enabled: agencyEnabled && mayClients });
  const list = useList(api.backups({ q: q[0], state: state[0], organization: client[0] }), { every: (rows) => (rows?.some(isMoving) ? 4000 : 20_000) });
  const before: Column<BackupView>[] = [
    {
      key: 'instance', header: 'Instance', sort: (row) => row.instanceName, render: (row) => (
        <div>
          {row.instanceId ? <Link to={to.instance(row.instanceId, 'backups')} strong>{row.instanceName}</Link> : row.instanceName}
          <div className="dim clip" style={{ fontSize: 12, maxWidth: 170 }}>{row.organization.name}</div>
        </div>
      ),
    },
  ];
  const filtered = Boolean(q[0] || state[0] || client[0]);
  return (
    <Page title="Backups" lead="Of all instances here and at your clients." tabs={tabs} actions={<Action variant="default" refusal={refusal} onClick={() => setImporting(true)}>{t.importZip}</Action>}>
      <Toolbar>
        <SearchBox label="Search instances" state={q} />
        <Filter label="State" state={state} options={Object.entries(t.states).map(([value, label]) => ({ value, label }))} />
        {clients.rows && clients.rows.length > 0 && <Filter label="Client" state={client} options={clients.rows.map((row) => ({ value: row.slug, label: row.name }))} width={190} />}
      </Toolbar>
      <BackupsTable list={list} before={before} sort={sort} onStarted={(operation) => started(org, operation)} empty={filtered
        ? <EmptyState title="No backup matches">Try another word or another state.</EmptyState>
        : <EmptyState icon={<IconArchive size={28} stroke={1.5} aria-hidden />} title={t.none}>Open an instance and back it up, or set its schedule there.</EmptyState>} />
      {importing && <ImportDialog onStarted={(operation) => started(org, operation)} onClose={() => setImporting(false)} />}
    </Page>
  );
}
