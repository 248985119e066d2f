import { useEffect } from 'react';
import { Button, Stack, Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useRead, useSend } from '../../api/hooks';
import type { BackupView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { sentence } from '../../ui/format';
import { useMoment } from './BackupState';
import classes from './backups.module.css';

interface Props {
  backup: BackupView;
  /** Absent where the caller may not make instances. */
  onCopy?: () => void;
  onStarted: (operation: OperationView) => void;
  onClose: () => void;
}

/** Asks before an instance's data is replaced, and only after the server has said that the backup fits. */
export function RestoreDialog({ backup, onCopy, onStarted, onClose }: Props) {
  const { backups: t, common } = useTexts();
  const moment = useMoment();
  const { data: instance, error } = useRead(api.instance(backup.instanceId ?? ''));
  const plan = useSend((slug: string) => api.planRestore(backup.id, { confirm: slug }), { quiet: true });
  const restore = useSend((slug: string) => api.restoreBackup(backup.id, { confirm: slug }), { onDone: onStarted });
  const slug = instance?.slug;
  const look = plan.send;
  useEffect(() => { if (slug) look(slug); }, [slug, look]);
  const title = t.restoreTitle(backup.instanceName);
  if (plan.answer?.possible && instance)
    return (
      <Confirm title={title} verb={t.restoreVerb} danger type={instance.slug} busy={restore.busy} error={restore.error} onConfirm={() => restore.send(instance.slug)} onClose={onClose}>
        <Stack gap={8}>
          <span>{t.restoreNote(instance.name, moment(backup))}</span>
          <b style={{ fontWeight: 500 }}>{t.safety}</b>
          <div><span className="dim">{t.stepsTitle}</span><ol className={classes.steps}>{plan.answer.steps.map((step) => <li key={step}>{sentence(step)}</li>)}</ol></div>
        </Stack>
      </Confirm>
    );
  const refused = plan.answer && !plan.answer.possible;
  const gone = error?.status === 404;
  return (
    <Dialog onClose={onClose} title={title}>
      <Stack gap="sm">
        {gone && <Text size="sm">{t.gone}</Text>}
        {!gone && <ErrorNote error={error ?? plan.error} />}
        {refused && <div role="alert" className={classes.warning} style={{ margin: 0 }}><b>{t.against}</b><ul className={classes.findings}>{plan.answer?.findings.map((finding) => <li key={finding}>{finding}</li>)}</ul></div>}
        {!gone && !refused && !error && !plan.error && <Text size="sm" className="dim" role="status">{t.checking}</Text>}
        <FormActions>
          <Button variant="default" onClick={onClose}>{common.close}</Button>
          {(gone || refused) && onCopy && <Button onClick={onCopy}>{t.copy}</Button>}
        </FormActions>
      </Stack>
    </Dialog>
  );
}
