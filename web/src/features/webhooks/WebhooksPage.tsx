import { lazy, Suspense, useState } from 'react';
import { Button, Checkbox, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconWebhook } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useRefusal, useSend } from '../../api/hooks';
import type { CreateWebhook, UpdateWebhook, WebhookView } from '../../api/types';
import { useUrlState } from '../../nav';
import { Action, CodeBlock, EmptyState, Status, Tags, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { words } from '../../ui/format';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';
import { toneOf } from './tone';

const Deliveries = lazy(() => import('./Deliveries'));
/** A noun with a dot at its end is all of its events. */
const offered = ['operation.', 'operation.succeeded', 'operation.rolled_back', 'operation.stuck', 'instance.', 'server.'];

export default function WebhooksPage() {
  const refusal = useRefusal('manage:webhooks');
  const [dialog, setDialog] = useUrlState('dialog');
  const sort = useUrlState('sort');
  const list = useList(api.webhooks());
  const [editing, setEditing] = useState<WebhookView>();
  const [watching, setWatching] = useState<WebhookView>();
  const [removing, setRemoving] = useState<WebhookView>();
  const remove = useSend((row: WebhookView) => api.deleteWebhook(row.id), { onDone: () => { setRemoving(undefined); done('Nothing is sent there any more.'); } });
  const create = <Action refusal={refusal} onClick={() => setDialog('new')}>New webhook</Action>;
  const columns: Column<WebhookView>[] = [
    { key: 'name', header: 'Name', sort: (row) => row.name, render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
    { key: 'url', header: 'Address', wrap: true, render: (row) => <span className="mono dim break">{row.url}</span> },
    { key: 'events', header: 'Events', render: (row) => <Tags items={row.events} most={2} none="all" /> },
    { key: 'last', header: 'Last delivery', render: (row) => <Last webhook={row} /> },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => (
        <>
          <Button variant="subtle" size="compact-xs" onClick={() => setWatching(row)} aria-label={`Deliveries of ${row.name}`}>Deliveries</Button>
          {!refusal && <Button variant="subtle" size="compact-xs" onClick={() => setEditing(row)} aria-label={`Edit ${row.name}`}>Edit</Button>}
          {!refusal && <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" onClick={() => { remove.reset(); setRemoving(row); }} aria-label={`Delete ${row.name}`}>Delete</Button>}
        </>
      ),
    },
  ];
  return (
    <Page title="Webhooks" lead="Addresses that are told what happens here and at your clients, each message signed." actions={create}>
      <DataTable label="Webhooks" noun="webhook" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={
        <EmptyState icon={<IconWebhook size={28} stroke={1.5} aria-hidden />} title="No webhooks" action={create}>Let a chat, a ticket system or a program of yours know when something ends, fails or changes.</EmptyState>
      } />
      {dialog === 'new' && !refusal && <CreateDialog onClose={() => setDialog(null)} />}
      {editing && <EditDialog webhook={editing} onClose={() => setEditing(undefined)} />}
      {watching && <Suspense><Deliveries webhook={watching} refusal={refusal} onClose={() => setWatching(undefined)} /></Suspense>}
      {removing && (
        <Confirm title={`Delete ${removing.name}`} verb="Delete webhook" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>
          Its deliveries go with it, also those that still wait.
        </Confirm>
      )}
    </Page>
  );
}

function Last({ webhook }: { webhook: WebhookView }) {
  if (!webhook.isActive) return <Status tone="idle">off</Status>;
  if (!webhook.last) return <span className="dim">none yet</span>;
  return <><Status tone={toneOf(webhook.last)}>{words(webhook.last.state)}</Status> <span className="dim"><When at={webhook.last.createdAt} /></span></>;
}

interface Values { name: string; url: string; events: string[] }

function Fields({ values, onChange, errors = {} }: { values: Values; onChange: (values: Values) => void; errors?: Record<string, string> }) {
  return (
    <>
      <TextInput size="sm" label="Name" placeholder="Chat" data-autofocus value={values.name} onChange={(event) => onChange({ ...values, name: event.currentTarget.value })} error={errors.name} />
      <TextInput size="sm" label="Address" placeholder="https://hooks.example.com/events" value={values.url} onChange={(event) => onChange({ ...values, url: event.currentTarget.value })} error={errors.url} />
      <Checkbox.Group label="Events" description="All where none is chosen. One that ends with a dot is all of its kind." size="sm" value={values.events} onChange={(events) => onChange({ ...values, events })} error={errors.events}>
        <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 8, marginTop: 6 }}>
          {[...new Set([...offered, ...values.events])].map((event) => <Checkbox key={event} size="xs" value={event} label={event} />)}
        </div>
      </Checkbox.Group>
    </>
  );
}

const missing = ({ name, url }: Values) => (!name.trim() ? 'Give the webhook a name.' : !url.trim() ? 'Say where the events go.' : undefined);

function CreateDialog({ onClose }: { onClose: () => void }) {
  const [values, setValues] = useState<Values>({ name: '', url: '', events: [] });
  const create = useSend((body: CreateWebhook) => api.createWebhook(body));
  if (create.answer)
    return (
      <Dialog onClose={onClose} title="Keep this secret now" once>
        <Stack gap="sm">
          <Text size="sm">Each message to “{create.answer.webhook.name}” is signed with it. This is the only time it is shown.</Text>
          <CodeBlock text={create.answer.secret} label="Copy secret" />
          <FormActions><Button onClick={onClose}>I have kept it</Button></FormActions>
        </Stack>
      </Dialog>
    );
  return (
    <Dialog onClose={onClose} title="New webhook">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!missing(values)) create.send({ name: values.name.trim(), url: values.url.trim(), events: values.events }); }}>
        <Stack gap="sm">
          <Fields values={values} onChange={setValues} errors={create.error?.fields} />
          <ErrorNote error={create.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Action type="submit" loading={create.busy} refusal={missing(values)}>Create webhook</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function EditDialog({ webhook, onClose }: { webhook: WebhookView; onClose: () => void }) {
  const [values, setValues] = useState<Values>({ name: webhook.name, url: webhook.url, events: [...webhook.events] });
  const [isActive, setActive] = useState(webhook.isActive);
  const update = useSend((body: UpdateWebhook) => api.updateWebhook(webhook.id, body), { onDone: (saved) => { done(`${saved.name} is saved.`); onClose(); } });
  return (
    <Dialog onClose={onClose} title={`Edit ${webhook.name}`}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!missing(values)) update.send({ name: values.name.trim(), url: values.url.trim(), events: values.events, isActive }); }}>
        <Stack gap="sm">
          <Fields values={values} onChange={setValues} errors={update.error?.fields} />
          <Switch size="sm" label="Send events" description="What happens while it is off is not sent later." checked={isActive} onChange={(event) => setActive(event.currentTarget.checked)} />
          <ErrorNote error={update.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Action type="submit" loading={update.busy} refusal={missing(values)}>Save webhook</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
