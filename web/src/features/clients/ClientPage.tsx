import { useState } from 'react';
import { Button, NumberInput, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconCube, IconUsers } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import type { ClientView, MemberView, OperationView } from '../../api/types';
import { LinkButton, useGo, usePathPart, usePaths } from '../../nav';
import { paths } from '../../paths';
import { Action, Copyable, EmptyState, Facts, FactsSkeleton, Section, Tags, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';
import { plural } from '../../ui/format';
import { Mark } from '../../ui/Mark';
import { done, failed } from '../../ui/toast';
import { AuditTable } from '../audit/AuditTable';
import { InstancesTable } from '../instances/InstancesTable';
import { OperationLine } from '../operations/OperationParts';
import { OperationsTable } from '../operations/OperationsTable';
import { started } from '../operations/started';
import { ConfigOf } from '../portal-config/PortalConfigPage';
import { Page, useTab } from '../shell/Page';
import { ClientHealth } from './ClientsTable';

const tabs = [
  { value: 'overview', label: 'Overview' }, { value: 'members', label: 'Members' }, { value: 'operations', label: 'Operations' },
  { value: 'portal', label: 'Portal' }, { value: 'audit', label: 'Audit' }, { value: 'settings', label: 'Settings' },
];

export default function ClientPage() {
  const slug = usePathPart('client');
  const to = usePaths();
  const crumbs = [{ label: 'Clients', to: to.clients }];
  const { data: client, error, reload } = useRead(api.client(slug), { every: (now) => (now?.deleteOperationId ? 4000 : 20_000) });
  if (error && !client) return <Page title="Client" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!client) return <Page title="Client" crumbs={crumbs} tabs={tabs}><FactsSkeleton count={6} /></Page>;
  return <Loaded client={client} crumbs={crumbs} />;
}

function Loaded({ client, crumbs }: { client: ClientView; crumbs: { label: string; to: string }[] }) {
  const [tab] = useTab(tabs.map((item) => item.value));
  const to = usePaths();
  const me = useMe();
  const go = useGo();
  const refusal = useRefusal('manage:agency');
  const [dialog, setDialog] = useState<'suspend' | 'delete'>();
  const org = useOrg();
  const resume = useSend(() => api.resumeClient(client.slug), { onDone: (operation) => started(org, operation), onError: failed });
  const leaving = client.deleteOperationId ? 'The client is being deleted.' : undefined;
  const mayEnter = me.organizations.some((organization) => organization.slug === client.slug);
  return (
    <Page
      title={client.name}
      crumbs={crumbs}
      mark={<Mark name={client.name} logo={client.logoUrl} size={28} neutral />}
      aside={<ClientHealth client={client} />}
      tabs={tabs}
      actions={
        <>
          {mayEnter && <Button variant="default" onClick={() => go(paths.in(client.slug).home)}>Enter organization</Button>}
          {client.suspended
            ? <Action variant="default" refusal={refusal ?? leaving} loading={resume.busy} onClick={() => resume.send(undefined)}>Resume</Action>
            : <Action variant="default" refusal={refusal ?? leaving} onClick={() => setDialog('suspend')}>Suspend</Action>}
          <LinkButton to={to.newInstance({ client: client.slug })}>New instance</LinkButton>
        </>
      }
    >
      <OperationLine id={client.deleteOperationId} />
      {tab === 'overview' && <Overview client={client} />}
      {tab === 'members' && <Members client={client} />}
      {tab === 'operations' && <OperationsTable query={{ client: client.id }} />}
      {tab === 'portal' && <PortalOf client={client} />}
      {tab === 'audit' && <AuditTable query={{}} org={client.slug} />}
      {tab === 'settings' && <Settings client={client} refusal={refusal ?? leaving} onDelete={() => setDialog('delete')} />}
      {dialog === 'suspend' && <SuspendDialog client={client} onClose={() => setDialog(undefined)} />}
      {dialog === 'delete' && <DeleteDialog client={client} onClose={() => setDialog(undefined)} />}
    </Page>
  );
}

function Overview({ client }: { client: ClientView }) {
  const to = usePaths();
  return (
    <>
      <Section title="Facts">
        <Facts min={150} items={[
          ['Health', <ClientHealth key="h" client={client} />],
          ['Instances', `${client.instancesRunning} of ${client.instanceCount} running`],
          ['Odoo versions', <Tags key="v" items={client.odooVersions} />],
          ['Members', plural(client.memberCount, 'person', 'people')],
          ['Slug', <Copyable key="s" text={client.slug} label="Copy slug" />],
          ['Created', <When key="c" at={client.createdAt} />],
        ]} />
      </Section>
      <Section title="Instances">
        <InstancesTable query={{ organization: client.id }} hide={['client']} empty={
          <EmptyState icon={<IconCube size={28} stroke={1.5} aria-hidden />} title="No instances" action={<LinkButton to={to.newInstance({ client: client.slug })}>New instance</LinkButton>}>
            Provision the first Odoo of {client.name} from a template.
          </EmptyState>
        } />
      </Section>
    </>
  );
}

/** What is different in this client's portal, and a look at it. */
function PortalOf({ client }: { client: ClientView }) {
  const to = usePaths();
  const org = useOrg();
  return (
    <Section title="What its people may use" note="Inherited from the configuration of all clients, where nothing is set here." actions={
      <div style={{ display: 'flex', gap: 8 }}>
        <LinkButton to={to.branding(client.slug)} variant="default">Branding</LinkButton>
        <Button component="a" href={paths.viewAs(client.slug, org)} target="_blank" rel="noopener" variant="default">View as client</Button>
      </div>
    }>
      <ConfigOf client={client.slug} />
    </Section>
  );
}

function Members({ client }: { client: ClientView }) {
  const list = useList<MemberView>(api.members(), { org: client.slug });
  const go = useGo();
  return (
    <DataTable label="Members" noun="member" list={list} rowKey={(row) => row.id} columns={[
      { key: 'name', header: 'Name', render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
      { key: 'email', header: 'E-mail', render: (row) => row.email },
      { key: 'role', header: 'Role', render: (row) => row.role.name },
      { key: 'totp', header: 'Two factors', render: (row) => (row.totpEnabled ? 'On' : <span className="dim">Off</span>) },
      { key: 'seen', header: 'Last seen', align: 'right', render: (row) => <When at={row.lastSeenAt} none="never" /> },
    ]} empty={
      <EmptyState icon={<IconUsers size={28} stroke={1.5} aria-hidden />} title="No members" action={<Button onClick={() => go(`${paths.in(client.slug).members()}?dialog=invite`)}>Invite someone</Button>}>
        People of {client.name} work in its own organization. The agency reaches it without being a member.
      </EmptyState>
    } />
  );
}

function Settings({ client, refusal, onDelete }: { client: ClientView; refusal?: string; onDelete: () => void }) {
  const [name, setName] = useState(client.name);
  const [logoUrl, setLogoUrl] = useState(client.logoUrl ?? '');
  const save = useSend(() => api.updateClient(client.slug, { name: name.trim(), logoUrl }), { onDone: () => done('Saved.') });
  return (
    <>
      <Section title="Client">
        <Form onSubmit={() => save.send(undefined)}>
          <TextInput size="sm" label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
          <TextInput size="sm" label="Logo" description="Address of an image." placeholder="https://" value={logoUrl} onChange={(event) => setLogoUrl(event.currentTarget.value)} error={save.error?.fields.logoUrl} />
          <ErrorNote error={save.error} />
          <FormActions><Action type="submit" refusal={refusal} loading={save.busy}>Save</Action></FormActions>
        </Form>
      </Section>
      <Section title="Delete this client" note="Removes its instances, its databases, its members and its data. This cannot be undone.">
        <Action refusal={refusal} variant="default" c={refusal ? undefined : 'var(--oc-bad)'} onClick={onDelete}>Delete client</Action>
      </Section>
    </>
  );
}

function SuspendDialog({ client, onClose }: { client: ClientView; onClose: () => void }) {
  const org = useOrg();
  const [reason, setReason] = useState('');
  const suspend = useSend(() => api.suspendClient(client.slug, { reason: reason.trim() || undefined }), {
    onDone: (operation: OperationView) => { started(org, operation); onClose(); },
  });
  return (
    <Dialog onClose={onClose} title={`Suspend ${client.name}`}>
      <form onSubmit={(event) => { event.preventDefault(); suspend.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">Its {plural(client.instanceCount, 'instance')} will be stopped and its people cannot sign in to it. Nothing is deleted; resume brings all of it back.</Text>
          <Textarea size="sm" label="Reason" description="Shown to the client's people." maxLength={500} autosize minRows={2} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <ErrorNote error={suspend.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={suspend.busy}>Suspend client</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ client, onClose }: { client: ClientView; onClose: () => void }) {
  const org = useOrg();
  const [days, setDays] = useState<number>(30);
  const remove = useSend(() => api.deleteClient(client.slug, days), { onDone: (operation) => { started(org, operation); onClose(); } });
  return (
    <Confirm title={`Delete ${client.name}`} verb="Delete client" danger type={client.slug} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      <Stack gap="sm">
        <span>This removes {plural(client.instanceCount, 'instance')} with their databases, {plural(client.memberCount, 'member')} and all other data of the client. It cannot be undone.</span>
        <NumberInput size="sm" label="Keep backups for" suffix=" days" min={0} max={3650} value={days} onChange={(value) => setDays(Number(value) || 0)} description="0 removes them too." />
      </Stack>
    </Confirm>
  );
}
