import { useState } from 'react';
import { Button, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { BackupView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';

/** What was a database beside the served one becomes such a one again. */
export function RestoreBesideDialog({ backup, onStarted, onClose }: { backup: BackupView; onStarted: (operation: OperationView) => void; onClose: () => void }) {
  const { backups: t, databases: d, common } = useTexts();
  const [name, setName] = useState(backup.database ?? '');
  const [neutralize, setNeutralize] = useState(true);
  const restore = useSend(() => api.createDatabase(backup.instanceId ?? '', { name: name.trim(), backup: backup.id, neutralize }), { onDone: onStarted });
  return (
    <Dialog onClose={onClose} title={t.beside}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (name.trim() && !restore.busy) restore.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">{t.besideNote}</Text>
          <TextInput size="sm" data-autofocus label={d.nameOf} description={d.nameNote} spellCheck={false} value={name} onChange={(event) => setName(event.currentTarget.value)} error={restore.error?.fields.name} />
          <Checkbox size="xs" label={d.neutral} description={d.neutralNote} checked={neutralize} onChange={(event) => setNeutralize(event.currentTarget.checked)} />
          <ErrorNote error={restore.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={restore.busy} disabled={!name.trim()}>{t.restore}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
