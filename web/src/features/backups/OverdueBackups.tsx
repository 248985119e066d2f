import { useState } from 'react';
import { api } from '../../api/endpoints';
import { useAllowed, useList } from '../../api/hooks';
import { LinkButton, usePaths } from '../../nav';
import { Status } from '../../ui/Bits';

/** Instances whose freshness alarm went off within a day, which it does daily as long as it lasts, and that have no verified backup since. */
export function useOverdueBackups(): string[] {
  const enabled = [useAllowed('view:audit'), useAllowed('view:backups')].every(Boolean);
  const [from] = useState(() => new Date(Date.now() - 25 * 3_600_000).toISOString());
  const alarms = useList(api.auditLogs({ action: 'backup.overdue', from }), { enabled, every: () => 60_000 });
  const verified = useList(api.backups({ state: 'verified' }), { enabled: enabled && Boolean(alarms.rows?.length), every: () => 60_000 });
  if (!alarms.rows?.length || !verified.rows) return [];
  const still = alarms.rows.filter((alarm) => !verified.rows?.some((backup) => backup.instanceName === alarm.objectName && (backup.takenAt ?? '') > alarm.at));
  return [...new Set(still.map((alarm) => alarm.objectName ?? ''))].filter(Boolean);
}

export function OverdueBackup({ name }: { name: string }) {
  const to = usePaths();
  return (
    <li>
      <Status tone="warn">Warning</Status>
      <div>
        <div>No fresh backup of {name}.</div>
        <div className="dim">Its schedule promises one. See how the last ones ended, and back up now.</div>
      </div>
      <LinkButton to={to.backups({ q: name })} variant="default" size="compact-sm">Open backups</LinkButton>
    </li>
  );
}
