import { useState } from 'react';
import { Button, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { InstanceView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { PlaceSelect } from './PlaceSelect';

export function TakeDialog({ instance, onStarted, onClose }: { instance: InstanceView; onStarted: (operation: OperationView) => void; onClose: () => void }) {
  const { backups: t, common } = useTexts();
  const [note, setNote] = useState('');
  const [verify, setVerify] = useState(false);
  const [target, setTarget] = useState<string | null>(null);
  const take = useSend(() => api.takeBackup(instance.id, { note: note.trim() || undefined, verify, target: target ?? undefined }), { onDone: onStarted });
  return (
    <Dialog onClose={onClose} title={t.takeTitle(instance.name)}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!take.busy) take.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">{t.takeNote}</Text>
          <TextInput size="sm" data-autofocus label={t.note} description={t.optional} placeholder={t.notePlaceholder} maxLength={200} value={note} onChange={(event) => setNote(event.currentTarget.value)} error={take.error?.fields.note} />
          <PlaceSelect value={target} onChange={setTarget} error={take.error?.fields.target} />
          <Checkbox size="xs" label={t.verify} description={t.verifyNote} checked={verify} onChange={(event) => setVerify(event.currentTarget.checked)} />
          <ErrorNote error={take.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={take.busy}>{t.backUpNow}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
