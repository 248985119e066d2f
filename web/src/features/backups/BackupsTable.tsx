import { useRef, useState, type ReactNode } from 'react';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { asApiError } from '../../api/errors';
import { type ListState, useAllowed, useOrg, useSend } from '../../api/hooks';
import { api } from '../../api/endpoints';
import type { BackupView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Tag, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { bytes } from '../../ui/format';
import { failed } from '../../ui/toast';
import { BackupStateView, isUsable, useMoment } from './BackupState';
import { CopyDialog } from './CopyDialog';
import { KeepDialog } from './KeepDialog';
import { RestoreBesideDialog } from './RestoreBesideDialog';
import { RestoreDialog } from './RestoreDialog';
import { downloadBackup } from './transfer';
import classes from './backups.module.css';

interface Props {
  list: ListState<BackupView>;
  empty: ReactNode;
  /** What is shown besides: whose it is, where one list has those of many. */
  before?: Column<BackupView>[];
  sort?: [string, (value: string | null) => void];
  isPortal?: boolean;
  onStarted: (operation: OperationView) => void;
}

type Asking = { kind: 'restore' | 'beside' | 'copy' | 'keep' | 'delete'; backup: BackupView };

export function BackupsTable({ list, empty, before = [], sort, isPortal, onStarted }: Props) {
  const { backups: t, common } = useTexts();
  const moment = useMoment();
  const may = useAllowed('manage:backups');
  const mayDatabases = useAllowed('manage:databases');
  const mayCopy = useAllowed('manage:instances') && may;
  const [asking, setAsking] = useState<Asking>();
  const download = useDownload();
  const close = () => { setAsking(undefined); remove.reset(); };
  const verify = useSend((backup: BackupView) => api.verifyBackup(backup.id), { onDone: onStarted, onError: failed });
  const remove = useSend((backup: BackupView) => api.deleteBackup(backup.id), { onDone: (operation) => { onStarted(operation); close(); } });
  const columns: Column<BackupView>[] = [
    ...before,
    { key: 'taken', header: t.taken, sort: (row) => row.takenAt ?? row.createdAt, render: (row) => <div style={{ maxWidth: 150 }}><When at={row.takenAt ?? row.createdAt} />{row.database && <div className="mono clip" title={row.database} style={{ fontSize: 12 }}>{row.database}</div>}{row.note && <div className="dim clip" title={row.note} style={{ fontSize: 12 }}>{row.note}</div>}</div> },
    { key: 'state', header: t.state, wrap: true, sort: (row) => row.state, render: (row) => <BackupStateView backup={row} /> },
    { key: 'size', header: t.size, align: 'right', sort: (row) => row.bytes, render: (row) => <span title={row.databaseBytes ? t.sizeOf(bytes(row.databaseBytes), bytes(row.filestoreBytes)) : undefined}>{row.bytes ? bytes(row.bytes) : '–'}</span> },
    { key: 'why', header: t.why, sort: (row) => row.reason, render: (row) => <>{t.reasons[row.reason] ?? row.reason}{row.copyOf && <> <Tag>{t.isCopy}</Tag></>}</> },
    { key: 'where', header: t.where, sort: (row) => row.target?.name ?? '', render: (row) => row.target?.name ?? t.ownPlace },
    {
      key: 'actions', header: common.actions, actions: true, render: (row) => may && (
        <span className={classes.actions}>
          {row.instanceId && !row.database && isUsable(row) && <Button variant="subtle" size="compact-xs" disabled={Boolean(row.operationId)} aria-label={`${t.restore}: ${moment(row)}`} onClick={() => setAsking({ kind: 'restore', backup: row })}>{t.restore}</Button>}
          <Menu position="bottom-end" width={230}>
            <Menu.Target><ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.actionsOf(moment(row))}><IconDots size={15} aria-hidden /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              {row.database && row.instanceId && mayDatabases && <Menu.Item disabled={!isUsable(row) || Boolean(row.operationId)} onClick={() => setAsking({ kind: 'beside', backup: row })}>{t.beside}</Menu.Item>}
              {mayCopy && <Menu.Item disabled={!isUsable(row)} onClick={() => setAsking({ kind: 'copy', backup: row })}>{t.copy}</Menu.Item>}
              <Menu.Item disabled={!row.takenAt || Boolean(row.operationId) || row.state === 'failed'} onClick={() => verify.send(row)}>{t.verify}</Menu.Item>
              <Menu.Item disabled={!isUsable(row)} onClick={() => setAsking({ kind: 'keep', backup: row })}>{t.keep}</Menu.Item>
              <Menu.Item disabled={!isUsable(row) || download.busy} onClick={() => void download.start(row)}>{t.download}</Menu.Item>
              <Menu.Divider />
              <Menu.Item color="var(--oc-bad)" disabled={Boolean(row.operationId)} onClick={() => setAsking({ kind: 'delete', backup: row })}>{t.delete}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </span>
      ),
    },
  ];
  return (
    <>
      {download.line}
      <DataTable label={t.backups} list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={empty} />
      {asking?.kind === 'restore' && <RestoreDialog backup={asking.backup} onCopy={mayCopy ? () => setAsking({ ...asking, kind: 'copy' }) : undefined} onStarted={(operation) => { onStarted(operation); close(); }} onClose={close} />}
      {asking?.kind === 'beside' && <RestoreBesideDialog backup={asking.backup} onStarted={(operation) => { onStarted(operation); close(); }} onClose={close} />}
      {asking?.kind === 'copy' && <CopyDialog backup={asking.backup} isPortal={isPortal} onStarted={(operation) => { onStarted(operation); close(); }} onClose={close} />}
      {asking?.kind === 'keep' && <KeepDialog backup={asking.backup} onStarted={(operation) => { onStarted(operation); close(); }} onClose={close} />}
      {asking?.kind === 'delete' && <Confirm title={t.deleteTitle} verb={t.deleteVerb} danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(asking.backup)} onClose={close}>{t.deleteNote(moment(asking.backup))}</Confirm>}
    </>
  );
}

/** One download at a time, with a line that says how far it is. */
function useDownload() {
  const { backups: t, common } = useTexts();
  const org = useOrg();
  const [loaded, setLoaded] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  async function start(backup: BackupView) {
    const own = (stop.current = new AbortController());
    let shown = 0;
    let begun = false;
    setLoaded(0);
    try {
      await downloadBackup(org, backup.id, (got) => {
        begun = true;
        if (Date.now() - shown > 200) setLoaded(got);
        if (Date.now() - shown > 200) shown = Date.now();
      }, own.signal);
    } catch (error) {
      if (!own.signal.aborted) failed(begun ? Object.assign(asApiError(error), { message: t.cutOff, hint: t.cutOffHint }) : asApiError(error));
    } finally {
      setLoaded(undefined);
    }
  }
  const line = loaded !== undefined && (
    <div className={classes.line} role="status">
      <span>{loaded ? t.downloading(bytes(loaded)) : t.preparing}</span>
      <Button variant="default" size="compact-xs" onClick={() => stop.current?.abort()}>{common.cancel}</Button>
    </div>
  );
  return { start, busy: loaded !== undefined, line };
}
