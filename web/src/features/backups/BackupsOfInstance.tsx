import { useState } from 'react';
import { IconArchive } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList } from '../../api/hooks';
import type { InstanceView, OperationView } from '../../api/types';
import { useUrlState } from '../../nav';
import { useTexts } from '../../texts/texts';
import { Action, EmptyState, Section } from '../../ui/Bits';
import { isMoving } from './BackupState';
import { BackupsTable } from './BackupsTable';
import { ImportDialog } from './ImportDialog';
import { Schedule } from './Schedule';
import { TakeDialog } from './TakeDialog';
import classes from './backups.module.css';

/** An instance's backups: when they are taken, and what there is. */
export default function BackupsOfInstance({ instance, isPortal, onStarted }: { instance: InstanceView; isPortal?: boolean; onStarted: (operation: OperationView) => void }) {
  const { backups: t } = useTexts();
  const may = useAllowed('manage:backups');
  const sort = useUrlState('sort');
  const [dialog, setDialog] = useState<'take' | 'import'>();
  const list = useList(api.backups({ instance: instance.id }), { every: (rows) => (rows?.some(isMoving) || instance.operationId ? 3000 : 20_000) });
  const close = () => setDialog(undefined);
  const refusal = !may ? t.mayNot : ['creating', 'removing'].includes(instance.status) ? t.working : undefined;
  const take = <Action refusal={refusal} onClick={() => setDialog('take')}>{t.backUpNow}</Action>;
  return (
    <>
      <Schedule instance={instance} refusal={may ? undefined : t.mayNot} />
      <Section title={t.backups} actions={<span className={classes.buttons}><Action variant="default" refusal={may ? undefined : t.mayNot} onClick={() => setDialog('import')}>{t.importZip}</Action>{take}</span>}>
        <BackupsTable list={list} sort={sort} isPortal={isPortal} onStarted={onStarted} empty={<EmptyState icon={<IconArchive size={28} stroke={1.5} aria-hidden />} title={t.none}>{t.noneNote}</EmptyState>} />
      </Section>
      {dialog === 'take' && <TakeDialog instance={instance} onStarted={(operation) => { onStarted(operation); close(); }} onClose={close} />}
      {dialog === 'import' && <ImportDialog instance={instance} isPortal={isPortal} onStarted={onStarted} onClose={close} />}
    </>
  );
}
