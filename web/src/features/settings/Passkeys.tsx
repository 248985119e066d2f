import { useState } from 'react';
import { Button, Stack, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { send } from '../../api/client';
import { api } from '../../api/endpoints';
import { ApiError } from '../../api/errors';
import { useList, useSend } from '../../api/hooks';
import type { PasskeyView } from '../../api/types';
import { Action, EmptyState, Section, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done } from '../../ui/toast';
import { createPasskey, passkeysWork } from '../session/passkey';

export function Passkeys() {
  const list = useList(api.passkeys());
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<PasskeyView>();
  const remove = useSend((passkey: PasskeyView) => api.removePasskey(passkey.id), { onDone: () => { setRemoving(undefined); done('The passkey is removed.'); } });
  const add = <Action refusal={passkeysWork() ? undefined : 'Passkeys need https, or localhost, and a browser that knows them.'} onClick={() => setAdding(true)}>Add passkey</Action>;
  return (
    <Section title="Passkeys" note="Sign in with the fingerprint, the face or the PIN of a device, without a password." actions={add}>
      <DataTable label="Passkeys" noun="passkey" list={list} rowKey={(row) => row.id} columns={[
        { key: 'name', header: 'Name', render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
        { key: 'created', header: 'Added', render: (row) => <When at={row.createdAt} /> },
        { key: 'actions', header: 'Actions', actions: true, render: (row) => <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" aria-label={`Remove ${row.name}`} onClick={() => { remove.reset(); setRemoving(row); }}>Remove</Button> },
      ]} empty={<EmptyState icon={<IconFingerprint size={28} stroke={1.5} aria-hidden />} title="No passkeys">Add one for each device you sign in from.</EmptyState>} />
      {adding && <AddDialog onClose={() => setAdding(false)} />}
      {removing && <Confirm title={`Remove ${removing.name}`} verb="Remove passkey" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>It no longer lets you in. Remove it from the device too.</Confirm>}
    </Section>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();

  async function add() {
    setBusy(true);
    setError(undefined);
    try {
      const { options } = await send(api.newPasskeyOptions());
      const credential = await createPasskey(options).catch(() => {
        throw new ApiError(0, { code: 'passkey_cancelled', detail: 'No passkey was made.', hint: 'Try again; this device may hold one for this account already.' });
      });
      await send(api.addPasskey({ credential, name: name.trim() || undefined }));
      await client.invalidateQueries();
      done('The passkey is added.');
      onClose();
    } catch (caught) {
      if (caught instanceof ApiError) setError(caught);
      else throw caught;
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog onClose={onClose} title="Add passkey">
      <form onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" description="Lets you tell it from others." placeholder="Laptop" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <ErrorNote error={error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={busy}>Go on</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
