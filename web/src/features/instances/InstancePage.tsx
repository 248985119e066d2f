import { useState } from 'react';
import { Button } from '@mantine/core';
import { IconDots, IconExternalLink } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { usePathPart, usePaths } from '../../nav';
import { Action, FactsSkeleton, Tag } from '../../ui/Bits';
import { ErrorState } from '../../ui/Errors';
import { later } from '../../ui/later';
import { LaterMenu } from '../../ui/LaterMenu';
import { failed } from '../../ui/toast';
import { OperationLine } from '../operations/OperationParts';
import { started } from '../operations/started';
import { Page, useTab } from '../shell/Page';
import { can, InstanceStatusView } from './InstanceParts';

// Who opens one tab does not load what is behind the others.
const Overview = later(async () => (await import('./Overview')).Overview);
const Monitoring = later(async () => (await import('../monitoring/Monitoring')).Monitoring);
const Settings = later(async () => (await import('./Settings')).Settings);
const Modules = later(async () => (await import('./Modules')).Modules);
const Logs = later(async () => (await import('./Logs')).Logs);
const InstanceTerminal = later(async () => (await import('../terminals/InstanceTerminals')).InstanceTerminal);
const InstanceOdooShell = later(async () => (await import('../terminals/InstanceTerminals')).InstanceOdooShell);
const Files = later(async () => (await import('../files/Files')).Files);
const Domains = later(async () => (await import('../domains/Domains')).Domains);
const InstanceDatabases = later(async () => (await import('../databases/InstanceDatabases')).InstanceDatabases);
const InstanceBackups = later(async () => (await import('../backups/InstanceBackups')).InstanceBackups);
const OperationsTable = later(async () => (await import('../operations/OperationsTable')).OperationsTable);
const RunDialog = later(async () => (await import('./InstanceDialogs')).RunDialog, null);
const DeleteDialog = later(async () => (await import('./InstanceDialogs')).DeleteDialog, null);
const SaveAsTemplate = later(async () => (await import('./SaveAsTemplate')).SaveAsTemplate, null);

const tabs = [
  { value: 'overview', label: 'Overview' }, { value: 'monitoring', label: 'Monitoring' }, { value: 'settings', label: 'Settings' }, { value: 'modules', label: 'Modules' },
  { value: 'logs', label: 'Logs' }, { value: 'terminal', label: 'Terminal' }, { value: 'odoo-shell', label: 'Odoo shell' }, { value: 'files', label: 'Files' }, { value: 'domains', label: 'Domains' },
  { value: 'databases', label: 'Databases' }, { value: 'backups', label: 'Backups' }, { value: 'operations', label: 'Operations' },
];

export default function InstancePage() {
  const id = usePathPart('instance');
  const to = usePaths();
  const crumbs = [{ label: 'Instances', to: to.instances }];
  const { data, error, reload } = useRead(api.instance(id), { every: (now) => (now?.operationId ? 2500 : 15_000) });
  if (error && !data) return <Page title="Instance" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!data) return <Page title="Instance" crumbs={crumbs} tabs={tabs}><FactsSkeleton count={10} /></Page>;
  return <Loaded instance={data} crumbs={crumbs} />;
}

type Verb = 'start' | 'stop' | 'restart';

function Loaded({ instance, crumbs }: { instance: InstanceView; crumbs: { label: string; to: string }[] }) {
  const [tab] = useTab(tabs.map((item) => item.value));
  const org = useOrg();
  const refusal = useRefusal('manage:instances');
  const [dialog, setDialog] = useState<Verb | 'delete' | 'template'>();
  const start = useSend(() => api.runInstance(instance.id, 'start'), { onDone: (operation) => started(org, operation), onError: failed });
  const open = useSend(() => api.openInstance(instance.id), { onDone: (link) => window.open(link.url, '_blank', 'noopener'), onError: failed });
  const held = instance.operationId ? 'An operation works on it now.' : undefined;
  const stopped = ['stopped', 'failed'].includes(instance.status);
  return (
    <Page
      title={instance.name}
      crumbs={crumbs}
      aside={<><InstanceStatusView instance={instance} />{instance.restartNeeded && <Tag tone="warn">Restart needed</Tag>}</>}
      lead={instance.statusMessage}
      tabs={tabs}
      actions={
        <>
          {stopped
            ? <Action variant="default" refusal={refusal ?? held ?? can.start(instance)} loading={start.busy} onClick={() => start.send(undefined)}>Start</Action>
            : <Action variant="default" refusal={refusal ?? held ?? can.restart(instance)} onClick={() => setDialog('restart')}>Restart</Action>}
          <LaterMenu
            position="bottom-end" width={190}
            target={<Button variant="default" px={8} aria-label="More actions"><IconDots size={16} aria-hidden /></Button>}
            entries={[
              stopped && { label: 'Restart', disabled: Boolean(refusal ?? held ?? can.restart(instance)), onClick: () => setDialog('restart') },
              { label: 'Stop', disabled: Boolean(refusal ?? held ?? can.stop(instance)), onClick: () => setDialog('stop') },
              { label: 'Save as template', disabled: Boolean(refusal), onClick: () => setDialog('template') },
              'line',
              { label: 'Delete', danger: true, disabled: Boolean(refusal ?? can.remove(instance)), onClick: () => setDialog('delete') },
            ]}
          />
          <Action refusal={refusal ?? can.open(instance)} loading={open.busy} onClick={() => open.send(undefined)} rightSection={<IconExternalLink size={14} aria-hidden />}>Open Odoo</Action>
        </>
      }
    >
      <OperationLine id={instance.operationId} />
      {tab === 'overview' && <Overview instance={instance} />}
      {tab === 'monitoring' && <Monitoring read={(query) => api.instanceMetrics(instance.id, query)} />}
      {tab === 'settings' && <Settings instance={instance} onRestart={() => setDialog('restart')} />}
      {tab === 'modules' && <Modules instance={instance} />}
      {tab === 'logs' && <Logs instance={instance} />}
      {tab === 'terminal' && <InstanceTerminal instance={instance} />}
      {tab === 'odoo-shell' && <InstanceOdooShell instance={instance} />}
      {tab === 'files' && <Files instance={instance} />}
      {tab === 'domains' && <Domains instance={instance} />}
      {tab === 'databases' && <InstanceDatabases instance={instance} onStarted={(operation) => started(org, operation)} />}
      {tab === 'backups' && <InstanceBackups instance={instance} onStarted={(operation) => started(org, operation)} />}
      {tab === 'operations' && <OperationsTable query={{ instance: instance.id }} />}
      {(dialog === 'stop' || dialog === 'restart') && <RunDialog verb={dialog} instance={instance} onClose={() => setDialog(undefined)} />}
      {dialog === 'delete' && <DeleteDialog instance={instance} onClose={() => setDialog(undefined)} />}
      {dialog === 'template' && <SaveAsTemplate instance={instance} onClose={() => setDialog(undefined)} />}
    </Page>
  );
}
