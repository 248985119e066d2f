import { lazy, Suspense, useState } from 'react';
import { api } from '../../api/endpoints';
import { useRead } from '../../api/hooks';
import type { BackupScheduleView, InstanceView } from '../../api/types';
import { useLanguage, useTexts } from '../../texts/texts';
import { Action, Facts, FactsSkeleton, Section, Status, When } from '../../ui/Bits';
import { ErrorState } from '../../ui/Errors';
import { exact } from '../../ui/format';
import { cronWords } from './cron';
import { isOverdue } from './overdue';
import classes from './backups.module.css';

const ScheduleDialog = lazy(() => import('./ScheduleDialog'));

export function Schedule({ instance, refusal }: { instance: InstanceView; refusal?: string }) {
  const { language, texts: { backups: t } } = useLanguage();
  const [editing, setEditing] = useState(false);
  const { data, error, reload } = useRead(api.backupSchedule(instance.id), { every: () => 20_000 });
  const none = error?.status === 404;
  const schedule = none ? undefined : data;
  return (
    <Section title={t.schedule} note={none ? t.noSchedule : undefined} actions={<Action variant="default" refusal={refusal} onClick={() => setEditing(true)}>{none ? t.setSchedule : t.changeSchedule}</Action>}>
      {error && !none && !data && <ErrorState error={error} onRetry={() => void reload()} />}
      {!error && !data && <FactsSkeleton count={4} />}
      {schedule && (
        <>
          {isOverdue(schedule) && <p role="note" className={classes.warning}>{t.overdueNote(schedule.alarmAfterHours)}</p>}
          <Facts min={170} items={[
            [t.runs, schedule.enabled ? <span key="r">{cronWords(schedule.cron, t, language)} <span className="dim">{schedule.timeZone}</span></span> : <Status key="r" tone="idle">{t.scheduleOff}</Status>],
            [t.next, schedule.nextAt ? <span key="n" title={exact(schedule.nextAt, language)}><When at={schedule.nextAt} /></span> : '–'],
            [t.last, <When key="l" at={schedule.lastAt} none="–" />],
            [t.verified, <Verified key="v" schedule={schedule} />],
            [t.keeps, t.keepsOf(schedule.keepDaily, schedule.keepWeekly, schedule.keepMonthly)],
            [t.where, schedule.target?.name ?? t.defaultPlace],
            [t.secondPlace, schedule.copyTarget ? <span key="c">{schedule.copyTarget.name === 'local' ? t.ownPlace : schedule.copyTarget.name} <span className="dim">{schedule.lastCopyAt ? <When at={schedule.lastCopyAt} /> : t.noCopy}</span></span> : undefined],
            [t.report, schedule.reportEvery ? t.reportOf(t.reports[schedule.reportEvery], schedule.reportTo?.join(', ') ?? '') : undefined],
            [t.missed, schedule.missed > 0 ? <Status key="m" tone="warn">{t.missedOf(schedule.missed)}</Status> : undefined],
          ]} />
        </>
      )}
      {editing && <Suspense><ScheduleDialog instance={instance} schedule={schedule} onClose={() => setEditing(false)} /></Suspense>}
    </Section>
  );
}

function Verified({ schedule }: { schedule: BackupScheduleView }) {
  const { backups: t } = useTexts();
  if (!schedule.lastVerifiedAt) return <Status tone={isOverdue(schedule) ? 'bad' : 'idle'}>{t.noneVerified}</Status>;
  return <><Status tone={schedule.fresh ? 'good' : 'bad'}>{schedule.fresh ? t.fresh : t.overdue}</Status> <span className="dim"><When at={schedule.lastVerifiedAt} /></span></>;
}
