import { type ReactNode, useState } from 'react';
import { Button, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import type { ApiError } from '../../api/errors';
import { useSend } from '../../api/hooks';
import type { InstanceDatabaseView, InstanceView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';

interface Begins {
  instance: InstanceView;
  onStarted: (operation: OperationView) => void;
  onClose: () => void;
}

/** A copy or another name. */
export function NameDialog({ instance, kind, database, onStarted, onClose }: Begins & { kind: 'duplicate' | 'rename'; database: InstanceDatabaseView }) {
  const { databases: t } = useTexts();
  const copies = kind === 'duplicate';
  const [name, setName] = useState(copies ? `${database.name}_copy`.slice(0, 63) : database.name);
  const [neutralize, setNeutralize] = useState(true);
  const send = useSend(() => (copies ? api.duplicateDatabase(instance.id, database.name, { name: name.trim(), neutralize }) : api.renameDatabase(instance.id, database.name, { name: name.trim() })), { onDone: onStarted });
  return (
    <Naming title={copies ? t.duplicateOf(database.name) : t.renameOf(database.name)} verb={copies ? t.duplicate : t.rename} name={name} onName={setName} busy={send.busy} error={send.error} ready={copies || name.trim() !== database.name} onSend={() => send.send(undefined)} onClose={onClose}
      lead={copies ? t.duplicateNote : database.isServed ? t.renameServed : undefined}>
      {copies && <Checkbox size="xs" label={t.neutral} description={t.neutralNote} checked={neutralize} onChange={(event) => setNeutralize(event.currentTarget.checked)} />}
    </Naming>
  );
}

/** An empty one. */
export function CreateDialog({ instance, onStarted, onClose }: Begins) {
  const { databases: t } = useTexts();
  const [name, setName] = useState('');
  const [demoData, setDemo] = useState(false);
  const send = useSend(() => api.createDatabase(instance.id, { name: name.trim(), demoData, neutralize: true }), { onDone: onStarted });
  return (
    <Naming title={t.create} verb={t.create} name={name} onName={setName} busy={send.busy} error={send.error} ready onSend={() => send.send(undefined)} onClose={onClose} lead={`${t.emptyNote} ${t.note}`}>
      <Checkbox size="xs" label={t.demo} checked={demoData} onChange={(event) => setDemo(event.currentTarget.checked)} />
    </Naming>
  );
}

interface NamingProps {
  title: string;
  verb: string;
  lead?: string;
  name: string;
  onName: (name: string) => void;
  ready: boolean;
  busy: boolean;
  error?: ApiError;
  onSend: () => void;
  onClose: () => void;
  children?: ReactNode;
}

function Naming({ title, verb, lead, name, onName, ready, busy, error, onSend, onClose, children }: NamingProps) {
  const { databases: t, common } = useTexts();
  const complete = ready && name.trim().length > 0;
  return (
    <Dialog onClose={onClose} title={title}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (complete && !busy) onSend(); }}>
        <Stack gap="sm">
          {lead && <Text size="sm">{lead}</Text>}
          <TextInput size="sm" data-autofocus label={t.nameOf} description={t.nameNote} spellCheck={false} autoComplete="off" value={name} onChange={(event) => onName(event.currentTarget.value)} error={error?.fields.name} />
          {children}
          <ErrorNote error={error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={busy} disabled={!complete}>{verb}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
