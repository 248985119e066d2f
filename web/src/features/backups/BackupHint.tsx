import { api } from '../../api/endpoints';
import { useAllowed, useList, useRead } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { Route } from '../../nav';
import { useSwitches } from '../../portal/switches';
import { useTexts } from '../../texts/texts';
import { Status } from '../../ui/Bits';
import { isOverdue } from './overdue';

/** Where an instance's backups are not as fresh as its schedule promises. */
export function BackupHint({ instance, to }: { instance: InstanceView; to: string }) {
  const { backups: t } = useTexts();
  const shown = useAllowed('view:backups') && (useSwitches()?.featureBackups ?? true);
  // One request for all instances tells which have a schedule that ran; only theirs is asked for.
  const { rows } = useList(api.backups(), { enabled: shown, every: () => 60_000 });
  const runs = rows?.some((backup) => backup.instanceId === instance.id && backup.reason === 'schedule');
  const { data } = useRead(api.backupSchedule(instance.id), { enabled: shown && Boolean(runs), every: () => 60_000 });
  if (!shown || !isOverdue(data)) return null;
  return <div style={{ marginTop: 4, fontSize: 13 }}><Status tone="warn"><Route to={to} style={{ color: 'inherit' }}>{t.backupOverdue}</Route></Status></div>;
}
