import { useState } from 'react';
import { Menu, Button, Checkbox, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useEdit, useList, useMe, useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import type { ServerView } from '../../api/types';
import { LinkButton, useGo, usePathPart, usePaths } from '../../nav';
import { Action, CodeBlock, Facts, FactsSkeleton, Meter, Section, Tags, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote, ErrorState, Overwrite } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { bytes, number, plural } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { AuditTable } from '../audit/AuditTable';
import { Monitoring } from '../monitoring/Monitoring';
import { InstancesTable } from '../instances/InstanceParts';
import { OperationsTable } from '../operations/OperationParts';
import { OperationSteps } from '../operations/OperationSteps';
import { started } from '../operations/started';
import { Page, useTab } from '../shell/Page';
import { ServerTerminal } from '../terminals/InstanceTerminals';
import { HostKey } from './HostKey';
import { RepinHostKey } from './RepinHostKey';
import { inBetween, serverAddress, ServerStatusView } from './ServerParts';

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
          <Menu position="bottom-end" width={200}>
            <Menu.Target><Button variant="default" px={8} aria-label="More actions"><IconDots size={16} aria-hidden /></Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item disabled={Boolean(refusal)} onClick={() => setDialog('edit')}>Rename and settings</Menu.Item>
              {draining
                ? <Menu.Item disabled={Boolean(refusal)} onClick={() => undrain.send(undefined)}>Take new instances again</Menu.Item>
                : <Menu.Item disabled={Boolean(refusal) || server.status !== 'active'} onClick={() => setDialog('drain')}>Drain</Menu.Item>}
              <Menu.Divider />
              <Menu.Item color="var(--oc-bad)" disabled={Boolean(refusal)} onClick={() => setDialog('remove')}>Remove</Menu.Item>
            </Menu.Dropdown>
          </Menu>
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
            ['Memory promised to instances', <Meter key="r" label="Memory promised" used={use.memoryReservedBytes} of={facts.memoryBytes} text={`${bytes(use.memoryReservedBytes)} of ${bytes(facts.memoryBytes)}`} />],
            ['CPUs promised to instances', <Meter key="c" label="CPUs promised" used={use.cpusReserved ?? 0} of={facts.cpus * 1.5} text={`${number(use.cpusReserved ?? 0)} of ${number(facts.cpus * 1.5)}`} />],
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

function EditDialog({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const me = useMe();
  const clients = useList(api.clients(), { enabled: me.current.agencyEnabled });
  const [name, setName] = useState(server.name);
  const [baseDomain, setBaseDomain] = useState(server.baseDomain ?? '');
  const [shared, setShared] = useState(server.clients.map((client) => client.id));
  const save = useEdit(api.server(server.id), () => api.updateServer(server.id, { name: name.trim(), baseDomain: baseDomain.trim() || null, clients: shared }), { onDone: () => { done('Saved.'); onClose(); } });
  return (
    <Dialog onClose={onClose} title="Rename and settings">
      <form noValidate onSubmit={(event) => { event.preventDefault(); save.send(undefined); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
          <TextInput size="sm" label="Base domain" description="Instances get names under it." placeholder="apps.example.com" spellCheck={false} value={baseDomain} onChange={(event) => setBaseDomain(event.currentTarget.value)} error={save.error?.fields.baseDomain} />
          {me.current.agencyEnabled && (
            <MultiSelect size="sm" label="Shared with clients" description="They see this server and may have instances provisioned on it by themselves." searchable hidePickedOptions
              data={clients.rows?.map((client) => ({ value: client.id, label: client.name })) ?? []} value={shared} onChange={setShared} />
          )}
          <ErrorNote error={save.error}><Overwrite busy={save.busy} onClick={save.overwrite && (() => save.overwrite?.(undefined))} /></ErrorNote>
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={save.busy}>Save</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function DrainDialog({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const drain = useSend(() => api.drainServer(server.id), { onDone: () => { done(`${server.name} takes no new instances.`); onClose(); } });
  return (
    <Confirm title={`Drain ${server.name}`} verb="Drain server" busy={drain.busy} error={drain.error} onConfirm={() => drain.send(undefined)} onClose={onClose}>
      No new instances are provisioned on it. Its {plural(server.instanceCount, 'instance')} go on running.
    </Confirm>
  );
}

function RemoveDialog({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const org = useOrg();
  const go = useGo();
  const to = usePaths();
  const [forget, setForget] = useState(false);
  const away = server.status === 'unreachable' || server.status === 'host_key_changed';
  const remove = useSend(() => api.removeServer(server.id, forget), { onDone: (operation) => { started(org, operation); go(to.servers); } });
  return (
    <Confirm title={`Remove ${server.name}`} verb="Remove server" danger type={server.name} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      <Stack gap={6}>
        <span>The connection and our key on it are removed. A server with instances cannot be removed.</span>
        {server.instanceCount > 0 && <Text size="sm" c="var(--oc-bad)">{plural(server.instanceCount, 'instance')} run there now.</Text>}
        {away && (
          <Checkbox
            mt={6} label="The machine is gone for good" checked={forget} onChange={(event) => setForget(event.currentTarget.checked)}
            description="It is forgotten without being reached. Deletions that wait for it end, and topologies go on without it."
          />
        )}
      </Stack>
    </Confirm>
  );
}
