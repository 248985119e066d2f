import { useState } from 'react';
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { BackupView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { useMoment } from './BackupState';
import { PlaceSelect } from './PlaceSelect';

export function KeepDialog({ backup, onStarted, onClose }: { backup: BackupView; onStarted: (operation: OperationView) => void; onClose: () => void }) {
  const { backups: t, common } = useTexts();
  const moment = useMoment();
  const [target, setTarget] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const keep = useSend(() => api.keepBackup(backup.id, { target: target ?? '', note: note.trim() || undefined }), { onDone: onStarted });
  return (
    <Dialog onClose={onClose} title={t.keepTitle}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (target && !keep.busy) keep.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">{t.keepNoteOf(moment(backup))}</Text>
          <PlaceSelect value={target} onChange={setTarget} error={keep.error?.fields.target} placeholder={t.noSecondPlace} />
          <TextInput size="sm" label={t.note} description={t.optional} maxLength={200} value={note} onChange={(event) => setNote(event.currentTarget.value)} error={keep.error?.fields.note} />
          <ErrorNote error={keep.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" disabled={!target} loading={keep.busy}>{t.keepVerb}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
