import { useState } from 'react';
import { Button, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useRefusal, useSend } from '../../api/hooks';
import type { ApiKeyView, CreateApiKey } from '../../api/types';
import { useUrlState } from '../../nav';
import { Action, CodeBlock, EmptyState, Status, Tags, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';

export default function ApiKeysPage() {
  const refusal = useRefusal('manage:api-keys');
  const [dialog, setDialog] = useUrlState('dialog');
  const sort = useUrlState('sort');
  const [removing, setRemoving] = useState<ApiKeyView>();
  const list = useList(api.apiKeys());
  const remove = useSend((row: ApiKeyView) => api.deleteApiKey(row.id), { onDone: () => { setRemoving(undefined); done('The key no longer works.'); } });
  const create = <Action refusal={refusal} onClick={() => setDialog('new')}>New API key</Action>;
  const soon = (row: ApiKeyView) => Date.parse(row.expiresAt) - Date.now() < 7 * 86_400_000;
  const columns: Column<ApiKeyView>[] = [
    { key: 'name', header: 'Name', sort: (row) => row.name, render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
    { key: 'prefix', header: 'Begins with', render: (row) => <span className="mono">{row.prefix}…</span> },
    { key: 'scopes', header: 'May', render: (row) => (row.scopes.length ? <Tags items={row.scopes} most={2} /> : <span className="dim">everything its maker may</span>) },
    { key: 'by', header: 'Made by', sort: (row) => row.createdBy, render: (row) => row.createdBy },
    { key: 'used', header: 'Last used', align: 'right', sort: (row) => row.lastUsedAt ?? '', render: (row) => <When at={row.lastUsedAt} none="never" /> },
    { key: 'ends', header: 'Ends', align: 'right', sort: (row) => row.expiresAt, render: (row) => (soon(row) ? <Status tone="warn"><When at={row.expiresAt} /></Status> : <When at={row.expiresAt} />) },
    { key: 'actions', header: 'Actions', actions: true, render: (row) => !refusal && <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" onClick={() => { remove.reset(); setRemoving(row); }} aria-label={`Delete ${row.name}`}>Delete</Button> },
  ];
  return (
    <Page title="API keys" lead="For programs: sent as Authorization: Bearer. A key acts in this organization only." actions={create}>
      <DataTable label="API keys" noun="key" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={
        <EmptyState icon={<IconKey size={28} stroke={1.5} aria-hidden />} title="No API keys" action={create}>A key lets a program or the command line act in this organization, within the permissions you choose.</EmptyState>
      } />
      {dialog === 'new' && !refusal && <CreateDialog onClose={() => setDialog(null)} />}
      {removing && (
        <Confirm title={`Delete ${removing.name}`} verb="Delete key" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>
          Programs that use it are refused from now on.
        </Confirm>
      )}
    </Page>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState<string | null>('90');
  const create = useSend((body: CreateApiKey) => api.createApiKey(body));
  if (create.answer)
    return (
      <Dialog onClose={onClose} title="Keep this key now" once>
        <Stack gap="sm">
          <Text size="sm">This is the only time the key of “{create.answer.apiKey.name}” is shown. Put it where your program finds it, such as a secret store.</Text>
          <CodeBlock text={create.answer.key} label="Copy key" />
          <FormActions><Button onClick={onClose}>I have kept it</Button></FormActions>
        </Stack>
      </Dialog>
    );
  return (
    <Dialog onClose={onClose} title="New API key">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (name.trim()) create.send({ name: name.trim(), scopes, expiresInDays: Number(days) }); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" placeholder="CI deploys" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={create.error?.fields.name} />
          <MultiSelect size="sm" label="May only" description="Everything you may do where it is empty." placeholder={scopes.length ? '' : 'Choose permissions'} searchable hidePickedOptions data={[...me.current.permissions].sort()} value={scopes} onChange={setScopes} error={create.error?.fields.scopes} />
          <Select size="sm" label="Ends after" allowDeselect={false} data={[{ value: '7', label: '7 days' }, { value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '180', label: '180 days' }, { value: '366', label: 'a year' }]} value={days} onChange={setDays} />
          <ErrorNote error={create.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Action type="submit" loading={create.busy} refusal={name.trim() ? undefined : 'Give the key a name.'}>Create key</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
