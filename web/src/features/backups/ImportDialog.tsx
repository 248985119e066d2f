import { useEffect, useRef, useState } from 'react';
import { Button, FileInput, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ApiError, asApiError } from '../../api/errors';
import { useAllowed, useOrg } from '../../api/hooks';
import type { BackupView, InstanceView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { bytes } from '../../ui/format';
import { BackupStateView } from './BackupState';
import { CopyDialog } from './CopyDialog';
import { RestoreDialog } from './RestoreDialog';
import { uploadArchive } from './transfer';

interface Props {
  /** For this instance, which can then be restored from it. */
  instance?: InstanceView;
  isPortal?: boolean;
  onStarted: (operation: OperationView) => void;
  onClose: () => void;
}

export function ImportDialog({ instance, isPortal, onStarted, onClose }: Props) {
  const { backups: t, common } = useTexts();
  const org = useOrg();
  const client = useQueryClient();
  const mayCopy = useAllowed('manage:instances');
  const [file, setFile] = useState<File | null>(null);
  const [odooVersion, setVersion] = useState('');
  const [sent, setSent] = useState<number>();
  const [error, setError] = useState<ApiError>();
  const [backup, setBackup] = useState<BackupView>();
  const [next, setNext] = useState<'restore' | 'copy'>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  async function upload() {
    if (!file) return;
    const own = (stop.current = new AbortController());
    setError(undefined);
    setSent(0);
    try {
      setBackup(await uploadArchive(org, file, { instance: instance?.id, odooVersion: odooVersion.trim() || undefined }, setSent, own.signal));
      void client.invalidateQueries();
    } catch (refused) {
      if (!own.signal.aborted) setError(asApiError(refused));
    } finally {
      setSent(undefined);
    }
  }

  const begun = (operation: OperationView) => { onStarted(operation); onClose(); };
  if (backup && next === 'restore') return <RestoreDialog backup={backup} onCopy={mayCopy ? () => setNext('copy') : undefined} onStarted={begun} onClose={onClose} />;
  if (backup && next === 'copy') return <CopyDialog backup={backup} isPortal={isPortal} onStarted={begun} onClose={onClose} />;
  if (backup)
    return (
      <Dialog onClose={onClose} title={t.imported}>
        <Stack gap="sm">
          <Text size="sm">{backup.instanceName} · Odoo {backup.odooVersion} · {bytes(backup.bytes)}. {t.importedNote}</Text>
          <BackupStateView backup={backup} />
          <FormActions>
            <Button variant="default" onClick={onClose}>{common.close}</Button>
            {backup.instanceId && <Button variant="default" onClick={() => setNext('restore')}>{t.restoreTitle(backup.instanceName)}</Button>}
            {mayCopy && <Button onClick={() => setNext('copy')}>{t.copy}</Button>}
          </FormActions>
        </Stack>
      </Dialog>
    );
  const busy = sent !== undefined;
  return (
    <Dialog onClose={onClose} title={t.importTitle} once={busy}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!busy) void upload(); }}>
        <Stack gap="sm">
          <Text size="sm">{t.importNote}</Text>
          <FileInput size="sm" label={t.file} placeholder={t.choose} accept=".zip,application/zip" clearable clearButtonProps={{ 'aria-label': common.cancel }} disabled={busy} value={file} onChange={setFile} />
          <TextInput size="sm" label={t.version} description={t.versionNote} placeholder={instance?.odooVersion ?? '19.0'} disabled={busy} value={odooVersion} onChange={(event) => setVersion(event.currentTarget.value)} error={error?.fields.odooVersion} />
          {busy && file && (
            <div role="status">
              <Progress value={file.size ? (100 * sent) / file.size : 0} animated={sent >= file.size} aria-label={t.upload} />
              <Text size="xs" className="dim" mt={4}>{sent >= file.size ? t.storing : t.uploaded(bytes(sent), bytes(file.size))} {t.leaveNote}</Text>
            </div>
          )}
          <ErrorNote error={error} />
          <FormActions>
            <Button variant="default" onClick={() => (busy ? stop.current?.abort() : onClose())}>{common.cancel}</Button>
            <Button type="submit" loading={busy} disabled={!file}>{t.upload}</Button>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
