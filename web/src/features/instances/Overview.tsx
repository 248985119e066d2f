import { type ReactNode, useState } from 'react';
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useMe, useRead, useRefusal, useSend } from '../../api/hooks';
import type { AdminCredentials, InstanceView } from '../../api/types';
import { Link, usePaths } from '../../nav';
import { Action, Copyable, Facts, Meter, Section, Status, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { bytes, megabytes, words } from '../../ui/format';
import { FormActions } from '../../ui/Form';
import { failed } from '../../ui/toast';
import { Architecture } from '../topologies/Architecture';
import { stateTones, stateWords } from '../topologies/useDeployment';
import { edition, InstanceStatusView } from './InstanceParts';

export function Overview({ instance }: { instance: InstanceView }) {
  const to = usePaths();
  const me = useMe();
  const { use } = instance;
  const limit = instance.memoryMb * 1024 * 1024;
  const isClient = instance.organization.slug !== undefined && instance.organization.slug !== me.current.slug && me.current.agencyEnabled;
  return (
    <>
      {use && (
        <Section title="Use" note={<>Measured <When at={use.at} />.</>}>
          <Facts items={[
            ['Memory', <Meter key="m" label="Memory" used={use.memoryBytes} of={limit} text={`${bytes(use.memoryBytes)} of ${megabytes(instance.memoryMb)}`} />],
            ['Processor', <Meter key="c" label="Processor" used={use.cpuPercent} of={(instance.cpus ?? 1) * 100} text={`${use.cpuPercent.toFixed(1)} % of ${instance.cpus ? `${instance.cpus} cores` : 'one core'}`} />],
            ['Database', bytes(use.databaseBytes)],
            ['Files', bytes(use.filestoreBytes)],
          ]} />
        </Section>
      )}
      <Section title="Facts">
        <Facts items={[
          ['Address', <Anchor key="u" href={instance.url} target="_blank" rel="noopener noreferrer" inherit className="break">{instance.url}</Anchor>],
          ['Status', <InstanceStatusView key="s" instance={instance} />],
          ['Health', <span key="h"><Status tone={instance.health === 'healthy' ? 'good' : instance.health === 'unhealthy' ? 'bad' : 'idle'}>{words(instance.health)}</Status> {instance.healthAt && <span className="dim">{instance.health === 'unknown' && 'since '}<When at={instance.healthAt} /></span>}</span>],
          ['Odoo', edition(instance)],
          ['Organization', isClient && instance.organization.slug ? <Link to={to.client(instance.organization.slug)}>{instance.organization.name}</Link> : instance.organization.name],
          ['Server', <Link key="v" to={to.server(instance.server.id)}>{instance.server.name}</Link>],
          ['Template', instance.template ? <Link to={to.template(instance.template.id)}>{instance.template.name}</Link> : <span className="dim">none</span>],
          ['Database', <Copyable key="d" text={instance.database} label="Copy database name" />],
          ['Workers', instance.workers || 'threaded mode'],
          ['Slug', <Copyable key="g" text={instance.slug} label="Copy slug" />],
          ['Started', <When key="t" at={instance.startedAt} none="not running" />],
          ['Created', <When key="c" at={instance.createdAt} />],
        ]} />
      </Section>
      {instance.topologyId && <Nodes instance={instance} />}
      <Administrator instance={instance} />
    </>
  );
}

/** What it runs on, as far as whoever looks may see that. */
function Nodes({ instance }: { instance: InstanceView }) {
  const { data } = useRead(api.instanceNodes(instance.id), { every: () => 30_000 });
  const drawn = useRead(api.instanceTopology(instance.id), { every: () => 30_000 });
  if (!data?.data.length) return null;
  return (
    <Section title="Nodes" note="It runs on several servers; each node is asked every half minute.">
      {drawn.data && <div style={{ marginBottom: 16 }}><Architecture view={drawn.data} label={`Architecture of ${instance.name}`} wordOf={(state) => stateWords[state]} /></div>}
      <Facts items={data.data.map((node): [string, ReactNode] => [node.label, (
        <span key={node.nodeId}>
          <Status tone={stateTones[node.state]}>{stateWords[node.state]}</Status>{' '}
          <span className="dim">{[node.role, node.server?.name].filter(Boolean).join(', ')}</span>
          {node.message && <span className="dim"> {node.message}</span>}
        </span>
      )])} />
    </Section>
  );
}

/** The first password is shown once; after that it can only be set anew. */
function Administrator({ instance }: { instance: InstanceView }) {
  const refusal = useRefusal('manage:instances');
  const [shown, setShown] = useState<AdminCredentials>();
  const [asking, setAsking] = useState(false);
  const reveal = useSend(() => api.revealPassword(instance.id), { onDone: setShown, onError: failed });
  const reset = useSend(() => api.resetAdminPassword(instance.id), { onDone: (credentials) => { setAsking(false); setShown(credentials); } });
  return (
    <Section
      title="Administrator of Odoo"
      note={instance.adminPasswordUnread ? 'The first password was not shown yet. It is shown once.' : 'The first password was shown. Set a new one where it was lost.'}
      actions={
        <div style={{ display: 'flex', gap: 8 }}>
          {instance.adminPasswordUnread && <Action variant="default" refusal={refusal} loading={reveal.busy} onClick={() => reveal.send(undefined)}>Show first password</Action>}
          <Action variant="default" refusal={refusal ?? (instance.status === 'running' ? undefined : 'It has to run for this.')} onClick={() => setAsking(true)}>Reset password</Action>
        </div>
      }
    >
      {shown && (
        <Dialog onClose={() => setShown(undefined)} title="Administrator of Odoo" once>
          <Stack gap="sm">
            <Text size="sm">This password is shown this once. Keep it, or hand it to the person who needs it.</Text>
            <Facts columns="110px minmax(0, 1fr)" items={[['Login', <Copyable key="l" text={shown.login} label="Copy login" />], ['Password', <Copyable key="p" text={shown.password} label="Copy password" />]]} />
            <FormActions><Button onClick={() => setShown(undefined)}>I have kept it</Button></FormActions>
          </Stack>
        </Dialog>
      )}
      {asking && (
        <Confirm title="Reset the administrator's password" verb="Reset password" danger busy={reset.busy} error={reset.error} onConfirm={() => reset.send(undefined)} onClose={() => setAsking(false)}>
          Who signs in to {instance.name} as administrator needs the new password from now on.
        </Confirm>
      )}
    </Section>
  );
}
