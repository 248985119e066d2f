import { useState } from 'react';
import { Button, Stack, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { send } from '../../api/client';
import { api } from '../../api/endpoints';
import { ApiError } from '../../api/errors';
import { useList, useSend } from '../../api/hooks';
import type { PasskeyView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Action, EmptyState, Section, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done } from '../../ui/toast';
import { createPasskey, passkeysWork } from '../session/passkey';

export function Passkeys() {
  const { account: t, common } = useTexts();
  const list = useList(api.passkeys());
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<PasskeyView>();
  const remove = useSend((passkey: PasskeyView) => api.removePasskey(passkey.id), { onDone: () => { setRemoving(undefined); done(t.passkeyRemoved); } });
  const add = <Action refusal={passkeysWork() ? undefined : t.passkeysNeed} onClick={() => setAdding(true)}>{t.addPasskey}</Action>;
  return (
    <Section title={t.passkeys} note={t.passkeysNote} actions={add}>
      <DataTable label={t.passkeys} noun="passkey" list={list} rowKey={(row) => row.id} columns={[
        { key: 'name', header: common.name, render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
        { key: 'created', header: t.added, render: (row) => <When at={row.createdAt} /> },
        { key: 'actions', header: common.actions, actions: true, render: (row) => <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" aria-label={t.removeTitle(row.name)} onClick={() => { remove.reset(); setRemoving(row); }}>{t.remove}</Button> },
      ]} empty={<EmptyState icon={<IconFingerprint size={28} stroke={1.5} aria-hidden />} title={t.noPasskeys}>{t.noPasskeysNote}</EmptyState>} />
      {adding && <AddDialog onClose={() => setAdding(false)} />}
      {removing && <Confirm title={t.removeTitle(removing.name)} verb={t.removePasskey} danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>{t.removeNote}</Confirm>}
    </Section>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const { account: t, common } = useTexts();
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();

  async function add() {
    setBusy(true);
    setError(undefined);
    try {
      const { options } = await send(api.newPasskeyOptions());
      const credential = await createPasskey(options).catch(() => {
        throw new ApiError(0, { code: 'passkey_cancelled', detail: t.passkeyNotMade, hint: t.passkeyNotMadeHint });
      });
      await send(api.addPasskey({ credential, name: name.trim() || undefined }));
      await client.invalidateQueries();
      done(t.passkeyAdded);
      onClose();
    } catch (caught) {
      if (caught instanceof ApiError) setError(caught);
      else throw caught;
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog onClose={onClose} title={t.addPasskey}>
      <form onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <Stack gap="sm">
          <TextInput size="sm" label={common.name} description={t.passkeyName} placeholder={t.laptop} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <ErrorNote error={error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={busy}>{t.goOn}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
