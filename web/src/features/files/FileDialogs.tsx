import { useState } from 'react';
import { Button, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { joined, last } from './names';

export function Naming({ instance, asking, onClose, onDone }: { instance: InstanceView; asking: { kind: 'file' | 'folder' | 'rename'; path: string }; onClose: () => void; onDone: (path: string) => void }) {
  const { files: t, common } = useTexts();
  const renames = asking.kind === 'rename';
  const [name, setName] = useState(renames ? asking.path : '');
  const full = renames ? name : joined(asking.path, name);
  const run = useSend<void, unknown>(() => (asking.kind === 'file' ? api.saveFile(instance.id, { path: full, text: '' }) : asking.kind === 'folder' ? api.makeFolder(instance.id, full) : api.moveFile(instance.id, asking.path, full)), { onDone: () => onDone(full) });
  return (
    <Dialog title={asking.kind === 'file' ? t.newFile : asking.kind === 'folder' ? t.newFolder : t.rename} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.send(undefined); }}>
        <ErrorNote error={run.error} />
        <TextInput label={renames ? t.path : common.name} description={asking.path && !renames ? t.within(asking.path) : undefined} value={name} onChange={(event) => setName(event.currentTarget.value)} required data-autofocus />
        <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={run.busy}>{common.save}</Button></FormActions>
      </form>
    </Dialog>
  );
}

export function Deleting({ instance, path, folder, onClose, onDone }: { instance: InstanceView; path: string; folder: boolean; onClose: () => void; onDone: () => void }) {
  const { files: t } = useTexts();
  const run = useSend<void, void>(() => api.deleteFile(instance.id, path, folder), { onDone });
  return <Confirm title={t.deleteOf(last(path))} verb={t.delete} danger busy={run.busy} error={run.error} onConfirm={() => run.send(undefined)} onClose={onClose}>{folder ? t.deleteFolderNote(path) : t.deleteNote(path)}</Confirm>;
}
