import { useState } from 'react';
import { ActionIcon, Anchor, Menu } from '@mantine/core';
import { IconDatabase, IconDots } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useSend } from '../../api/hooks';
import type { InstanceDatabaseView, InstanceView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Action, EmptyState, Section, Status, Tag, type Tone } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { bytes } from '../../ui/format';
import { failed } from '../../ui/toast';
import { Activity } from './Activity';
import { AskDialog, type Asking } from './AskDialog';
import { CreateDialog, NameDialog } from './NameDialog';

const tones: Record<string, Tone> = { ready: 'good', creating: 'busy', renaming: 'busy', removing: 'busy' };

interface Props {
  instance: InstanceView;
  onStarted: (operation: OperationView) => void;
}

/** The databases of an instance, what happens in them, and what is done with them: in the dashboard and in a client's portal. */
export default function DatabasesOfInstance({ instance, onStarted }: Props) {
  const { databases: t } = useTexts();
  const may = useAllowed('manage:databases');
  const [shown, setShown] = useState<string>();
  const [dialog, setDialog] = useState<'create' | Asking>();
  const list = useList(api.instanceDatabases(instance.id), { every: (rows) => (rows?.some((row) => row.operationId ?? row.status !== 'ready') ? 3000 : 10_000) });
  const busy = Boolean(instance.operationId ?? list.rows?.some((row) => row.operationId));
  const refusal = !may ? t.mayNot : busy ? t.working : undefined;
  const close = () => setDialog(undefined);
  const begun = (operation: OperationView) => { onStarted(operation); close(); };
  const open = list.rows?.find((row) => row.name === shown && row.connections !== undefined);
  const served = list.rows?.find((row) => row.isServed)?.name ?? instance.database;
  const columns: Column<InstanceDatabaseView>[] = [
    { key: 'name', header: t.name, render: (row) => <span className="nowrap"><Anchor component="button" type="button" inherit className="mono" onClick={() => setShown(row.name === shown ? undefined : row.name)} aria-expanded={row.name === shown}>{row.name}</Anchor>{row.isServed && <> <Tag>{t.served}</Tag></>}</span> },
    { key: 'state', header: t.state, render: (row) => <Status tone={tones[row.status] ?? 'idle'}>{t.states[row.status] ?? row.status}</Status> },
    { key: 'size', header: t.size, align: 'right', render: (row) => bytes(row.bytes) },
    { key: 'files', header: t.files, align: 'right', render: (row) => bytes(row.filestoreBytes) },
    { key: 'connections', header: t.connections, align: 'right', render: (row) => <span className="nowrap">{row.connections ?? '–'}{row.waiting ? <> <Tag tone="bad">{t.waiting(row.waiting)}</Tag></> : null}</span> },
    { key: 'longest', header: t.longest, align: 'right', render: (row) => (row.longestSeconds === undefined || row.longestSeconds === null ? '–' : t.since(row.longestSeconds)) },
    { key: 'actions', header: '', actions: true, render: (row) => may && <RowMenu instance={instance} database={row} refused={Boolean(refusal) || row.status !== 'ready'} onAsk={setDialog} onActivity={() => setShown(row.name)} onStarted={onStarted} /> },
  ];
  return (
    <>
      <Section title={t.databases} note={t.note} actions={<Action size="xs" refusal={refusal} onClick={() => setDialog('create')}>{t.create}</Action>}>
        <DataTable label={t.databases} list={list} columns={columns} rowKey={(row) => row.name} empty={<EmptyState icon={<IconDatabase size={28} stroke={1.5} aria-hidden />} title={t.databases} />} />
      </Section>
      {open && <Activity instance={instance} database={open.name} />}
      {dialog === 'create' && <CreateDialog instance={instance} onStarted={begun} onClose={close} />}
      {dialog && dialog !== 'create' && (dialog.kind === 'duplicate' || dialog.kind === 'rename') && <NameDialog instance={instance} kind={dialog.kind} database={dialog.database} onStarted={begun} onClose={close} />}
      {dialog && dialog !== 'create' && dialog.kind !== 'duplicate' && dialog.kind !== 'rename' && <AskDialog instance={instance} asking={dialog} served={served} onStarted={begun} onClose={close} />}
    </>
  );
}

interface RowProps {
  instance: InstanceView;
  database: InstanceDatabaseView;
  refused: boolean;
  onAsk: (asking: Asking) => void;
  onActivity: () => void;
  onStarted: (operation: OperationView) => void;
}

function RowMenu({ instance, database, refused, onAsk, onActivity, onStarted }: RowProps) {
  const { databases: t } = useTexts();
  const mayBackUp = useAllowed('manage:backups');
  const backUp = useSend(() => api.takeBackup(instance.id, { database: database.name, verify: false }), { onDone: onStarted, onError: failed });
  const ask = (kind: Asking['kind']) => () => onAsk({ kind, database });
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target><ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.actionsOf(database.name)}><IconDots size={15} aria-hidden /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onActivity}>{t.activity}</Menu.Item>
        {!database.isServed && <Menu.Item disabled={refused} onClick={ask('serve')}>{t.serve}</Menu.Item>}
        <Menu.Item disabled={refused} onClick={ask('duplicate')}>{t.duplicate}</Menu.Item>
        <Menu.Item disabled={refused} onClick={ask('rename')}>{t.rename}</Menu.Item>
        <Menu.Item disabled={refused} onClick={ask('neutralize')}>{t.neutralize}</Menu.Item>
        {mayBackUp && <Menu.Item disabled={refused || backUp.busy} onClick={() => backUp.send(undefined)}>{t.backUp}</Menu.Item>}
        {!database.isServed && <><Menu.Divider /><Menu.Item color="var(--oc-bad)" disabled={refused} onClick={ask('drop')}>{t.drop}</Menu.Item></>}
      </Menu.Dropdown>
    </Menu>
  );
}
