import { useState } from 'react';
import { Button, Menu } from '@mantine/core';
import { IconDots, IconExternalLink } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { useGo, usePathPart, usePaths } from '../../nav';
import { Action, FactsSkeleton, Tag } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { ErrorState } from '../../ui/Errors';
import { failed } from '../../ui/toast';
import { Domains } from '../domains/Domains';
import { InstanceBackups } from '../backups/InstanceBackups';
import { InstanceDatabases } from '../databases/InstanceDatabases';
import { Files } from '../files/Files';
import { Monitoring } from '../monitoring/Monitoring';
import { InstanceOdooShell, InstanceTerminal } from '../terminals/InstanceTerminals';
import { OperationLine, OperationsTable } from '../operations/OperationParts';
import { started } from '../operations/started';
import { Page, useTab } from '../shell/Page';
import { can, InstanceStatusView } from './InstanceParts';
import { Logs } from './Logs';
import { Modules } from './Modules';
import { Overview } from './Overview';
import { SaveAsTemplate } from './SaveAsTemplate';
import { Settings } from './Settings';

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
          <Menu position="bottom-end" width={190}>
            <Menu.Target><Button variant="default" px={8} aria-label="More actions"><IconDots size={16} aria-hidden /></Button></Menu.Target>
            <Menu.Dropdown>
              {stopped && <Menu.Item disabled={Boolean(refusal ?? held ?? can.restart(instance))} onClick={() => setDialog('restart')}>Restart</Menu.Item>}
              <Menu.Item disabled={Boolean(refusal ?? held ?? can.stop(instance))} onClick={() => setDialog('stop')}>Stop</Menu.Item>
              <Menu.Item disabled={Boolean(refusal)} onClick={() => setDialog('template')}>Save as template</Menu.Item>
              <Menu.Divider />
              <Menu.Item color="var(--oc-bad)" disabled={Boolean(refusal ?? can.remove(instance))} onClick={() => setDialog('delete')}>Delete</Menu.Item>
            </Menu.Dropdown>
          </Menu>
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

function RunDialog({ verb, instance, onClose }: { verb: 'stop' | 'restart'; instance: InstanceView; onClose: () => void }) {
  const org = useOrg();
  const run = useSend(() => api.runInstance(instance.id, verb), { onDone: (operation) => { started(org, operation); onClose(); } });
  return (
    <Confirm title={`${verb === 'stop' ? 'Stop' : 'Restart'} ${instance.name}`} verb={verb === 'stop' ? 'Stop instance' : 'Restart instance'} danger={verb === 'stop'} busy={run.busy} error={run.error} onConfirm={() => run.send(undefined)} onClose={onClose}>
      {verb === 'stop' ? 'Its people cannot work in it until it is started again. Nothing is deleted.' : 'Its people are interrupted for some seconds. Changed settings take effect.'}
    </Confirm>
  );
}

function DeleteDialog({ instance, onClose }: { instance: InstanceView; onClose: () => void }) {
  const org = useOrg();
  const go = useGo();
  const to = usePaths();
  const remove = useSend(() => api.deleteInstance(instance.id), { onDone: (operation) => { started(org, operation); go(to.instances); } });
  return (
    <Confirm title={`Delete ${instance.name}`} verb="Delete instance" danger type={instance.slug} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      This removes the Odoo of {instance.organization.name} at {instance.domain} with its database <span className="mono">{instance.database}</span> and all its files. It cannot be undone.
    </Confirm>
  );
}
