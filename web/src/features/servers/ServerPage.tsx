import { useState } from 'react';
import { Button } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import type { ServerView } from '../../api/types';
import { LinkButton, usePathPart, usePaths } from '../../nav';
import { Action, CodeBlock, Facts, FactsSkeleton, Meter, Section, Tags, When } from '../../ui/Bits';
import { ErrorState } from '../../ui/Errors';
import { bytes, number, plural } from '../../ui/format';
import { later } from '../../ui/later';
import { LaterMenu } from '../../ui/LaterMenu';
import { done, failed } from '../../ui/toast';
import { OperationSteps } from '../operations/OperationSteps';
import { started } from '../operations/started';
import { Page, useTab } from '../shell/Page';
import { HostKey } from './HostKey';
import { RepinHostKey } from './RepinHostKey';
import { inBetween, serverAddress, ServerStatusView } from './ServerParts';

// Who opens one tab does not load what is behind the others.
const Monitoring = later(async () => (await import('../monitoring/Monitoring')).Monitoring);
const InstancesTable = later(async () => (await import('../instances/InstancesTable')).InstancesTable);
const OperationsTable = later(async () => (await import('../operations/OperationsTable')).OperationsTable);
const ServerTerminal = later(async () => (await import('../terminals/InstanceTerminals')).ServerTerminal);
const AuditTable = later(async () => (await import('../audit/AuditTable')).AuditTable);
const EditDialog = later(async () => (await import('./ServerDialogs')).EditDialog, null);
const DrainDialog = later(async () => (await import('./ServerDialogs')).DrainDialog, null);
const RemoveDialog = later(async () => (await import('./ServerDialogs')).RemoveDialog, null);

const tabs = [
  { value: 'overview', label: 'Overview' }, { value: 'monitoring', label: 'Monitoring' }, { value: 'instances', label: 'Instances' }, { value: 'operations', label: 'Operations' }, { value: 'terminal', label: 'Terminal' }, { value: 'audit', label: 'Audit' },
];

export default function ServerPage() {
  const id = usePathPart('server');
  const to = usePaths();
  const crumbs = [{ label: 'Servers', to: to.servers }];
  const { data: server, error, reload } = useRead(api.server(id), { every: (now) => (now && inBetween(now) ? 2500 : 15_000) });
  if (error && !server) return <Page title="Server" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!server) return <Page title="Server" crumbs={crumbs} tabs={tabs}><FactsSkeleton count={10} /></Page>;
  return <Loaded server={server} crumbs={crumbs} />;
}

function Loaded({ server, crumbs }: { server: ServerView; crumbs: { label: string; to: string }[] }) {
  const [tab] = useTab(tabs.map((item) => item.value));
  const to = usePaths();
  const org = useOrg();
  const refusal = useRefusal('manage:servers');
  const [dialog, setDialog] = useState<'edit' | 'remove' | 'drain'>();
  const validate = useSend(() => api.validateServer(server.id), { onDone: (operation) => started(org, operation), onError: failed });
  const undrain = useSend(() => api.undrainServer(server.id), { onDone: () => done(`${server.name} takes new instances again.`), onError: failed });
  const draining = server.status === 'draining';
  return (
    <Page
      title={server.name}
      crumbs={crumbs}
      aside={<ServerStatusView server={server} />}
      lead={server.statusMessage}
      tabs={tabs}
      actions={
        <>
          <Action variant="default" refusal={refusal ?? (inBetween(server) ? 'It is being worked on.' : undefined)} loading={validate.busy} onClick={() => validate.send(undefined)}>Validate</Action>
          <LaterMenu
            position="bottom-end" width={200}
            target={<Button variant="default" px={8} aria-label="More actions"><IconDots size={16} aria-hidden /></Button>}
            entries={[
              { label: 'Rename and settings', disabled: Boolean(refusal), onClick: () => setDialog('edit') },
              draining
                ? { label: 'Take new instances again', disabled: Boolean(refusal), onClick: () => undrain.send(undefined) }
                : { label: 'Drain', disabled: Boolean(refusal) || server.status !== 'active', onClick: () => setDialog('drain') },
              'line',
              { label: 'Remove', danger: true, disabled: Boolean(refusal), onClick: () => setDialog('remove') },
            ]}
          />
          <LinkButton to={to.newInstance({ server: server.id })}>New instance</LinkButton>
        </>
      }
    >
      {tab === 'overview' && <Overview server={server} refusal={refusal} />}
      {tab === 'monitoring' && <Monitoring read={(query) => api.serverMetrics(server.id, query)} />}
      {tab === 'instances' && <InstancesTable query={{ server: server.id }} hide={['server']} />}
      {tab === 'operations' && <OperationsTable query={{ server: server.id }} />}
      {tab === 'terminal' && <ServerTerminal server={server} />}
      {tab === 'audit' && <AuditTable query={{ objectType: 'server', objectId: server.id }} />}
      {dialog === 'edit' && <EditDialog server={server} onClose={() => setDialog(undefined)} />}
      {dialog === 'drain' && <DrainDialog server={server} onClose={() => setDialog(undefined)} />}
      {dialog === 'remove' && <RemoveDialog server={server} onClose={() => setDialog(undefined)} />}
    </Page>
  );
}

function Overview({ server, refusal }: { server: ServerView; refusal?: string }) {
  const { facts, use } = server;
  return (
    <>
      {server.offeredHostKey && <RepinHostKey server={server} offered={server.offeredHostKey} refusal={refusal} />}
      {server.operationId && server.status !== 'active' && server.status !== 'draining' && (
        <Section title={server.status === 'failed' ? 'What went wrong' : 'What is being done'}><OperationSteps id={server.operationId} /></Section>
      )}
      {use && facts && (
        <Section title="Use" note={<>Measured <When at={use.at} />. {bytes(Math.max(0, facts.memoryBytes - use.memoryReservedBytes))} of memory are left to promise to new instances.</>}>
          <Facts min={220} items={[
            ['Memory promised', <Meter key="r" label="Memory promised" used={use.memoryReservedBytes} of={facts.memoryBytes} text={`${bytes(use.memoryReservedBytes)} of ${bytes(facts.memoryBytes)}`} />],
            ['CPUs promised', <Meter key="c" label="CPUs promised" used={use.cpusReserved ?? 0} of={facts.cpus * 1.5} text={`${number(use.cpusReserved ?? 0)} of ${number(facts.cpus * 1.5)}`} />],
            ['Memory used', <Meter key="m" label="Memory used" used={use.memoryUsedBytes} of={facts.memoryBytes} text={`${bytes(use.memoryUsedBytes)} of ${bytes(facts.memoryBytes)}`} />],
            ['Disk used', <Meter key="d" label="Disk used" used={use.diskUsedBytes} of={facts.diskBytes} text={`${bytes(use.diskUsedBytes)} of ${bytes(facts.diskBytes)}`} />],
            ['Load', <Meter key="l" label="Load" used={use.load} of={facts.cpus} text={`${use.load.toFixed(2)} on ${plural(facts.cpus, 'core')}`} />],
          ]} />
        </Section>
      )}
      <Section title="Facts">
        <Facts min={220} items={[
          ['Address', <span key="a" className="mono">{serverAddress(server)}</span>],
          ['Base domain', server.baseDomain ? <span className="mono">{server.baseDomain}</span> : <span className="dim">not set</span>],
          ['Port of the edge', server.edgePort],
          ['Instances', plural(server.instanceCount, 'instance')],
          ['Containers running', use?.containersRunning],
          ['System', facts ? `${facts.os} (${facts.architecture})` : '–'],
          ['Kernel', facts?.kernel ?? '–'],
          ['Docker', facts?.dockerVersion ?? 'not found'],
          ['Shared with clients', server.clients.length ? <Tags items={server.clients.map((client) => client.name)} most={3} /> : <span className="dim">nobody</span>],
          ['Last seen', <When key="s" at={server.lastSeenAt} none="never" />],
          ['Added', <When key="c" at={server.createdAt} />],
        ]} />
      </Section>
      {server.hostKey && !server.offeredHostKey && <Section title="Host key" note="Pinned: a server that shows another key is refused."><HostKey hostKey={server.hostKey} console={false} /></Section>}
      {server.publicKey && <Section title="Public key" note="Stands in authorized_keys of this server. Each server has a key pair of its own."><CodeBlock text={server.publicKey} label="Copy public key" /></Section>}
    </>
  );
}
