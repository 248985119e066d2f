import { api } from '../../api/endpoints';
import { useRead } from '../../api/hooks';
import type { BackupState, BackupView } from '../../api/types';
import { useLanguage, useTexts } from '../../texts/texts';
import { Status, type Tone, When } from '../../ui/Bits';
import { exact } from '../../ui/format';

const tones: Record<BackupState, Tone> = { pending: 'busy', taken: 'idle', stored: 'idle', intact: 'good', verified: 'good', damaged: 'bad', failed: 'bad' };

export const isUsable = (backup: BackupView) => !['pending', 'damaged', 'failed'].includes(backup.state);
export const isMoving = (backup: BackupView) => backup.state === 'pending' || Boolean(backup.operationId);

export function useMoment() {
  const { language } = useLanguage();
  return (backup: BackupView) => exact(backup.takenAt ?? backup.createdAt, language === 'en' ? undefined : language);
}

/** How good it is, and by what that is known; while something is done with it, what. */
export function BackupStateView({ backup }: { backup: BackupView }) {
  const { backups: t } = useTexts();
  const { language } = useLanguage();
  return (
    <div style={{ padding: '4px 0', minWidth: 190 }}>
      <Status tone={tones[backup.state]}>{t.states[backup.state]}</Status>
      <div className="dim" style={{ fontSize: 12 }}>
        {backup.operationId ? <Doing id={backup.operationId} />
          : backup.fault ? <>{backup.fault}{backup.faultCode && <> <span className="mono">{backup.faultCode}</span></>}</>
            : backup.state === 'verified' && backup.verifySeconds ? <>{t.proved(Math.ceil(backup.verifySeconds))}, <When at={backup.verifiedAt} /></>
              : backup.state === 'intact' || backup.state === 'stored' ? t.readBack
                : backup.state === 'taken' ? t.notReadBack : null}
        {backup.oddities?.map((odd) => <div key={odd}><Status tone="warn">{t.oddities[odd] ?? odd}</Status></div>)}
        {backup.keepUntil && !backup.operationId && <div>{t.keptUntil} {new Date(backup.keepUntil).toLocaleDateString(language, { dateStyle: 'medium' })}</div>}
      </div>
    </div>
  );
}

function Doing({ id }: { id: string }) {
  const { backups: t, portal } = useTexts();
  // Who may not see operations still sees that there is one.
  const { data } = useRead(api.operation(id), { every: (now) => (now && ['pending', 'running', 'unwinding'].includes(now.state) ? 1500 : false) });
  if (!data) return <span role="status">{t.working}</span>;
  const step = data.steps.find((item) => item.state === 'started' || item.state === 'undo_started');
  const finished = data.steps.filter((item) => item.state === 'done').length;
  return <span role="status">{step?.name ?? portal.operationState[data.state]} · {finished} / {data.steps.length}</span>;
}
