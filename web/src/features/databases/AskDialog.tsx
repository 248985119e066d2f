import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { InstanceDatabaseView, InstanceView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Confirm } from '../../ui/Confirm';

export interface Asking {
  kind: 'serve' | 'duplicate' | 'rename' | 'neutralize' | 'drop';
  database: InstanceDatabaseView;
}

interface Props {
  instance: InstanceView;
  asking: Asking;
  served: string;
  onStarted: (operation: OperationView) => void;
  onClose: () => void;
}

/** Asks before people are interrupted or something is lost; what is lost has to be typed. */
export function AskDialog({ instance, asking, served, onStarted, onClose }: Props) {
  const { databases: t } = useTexts();
  const { name } = asking.database;
  const send = useSend(() => (asking.kind === 'serve' ? api.serveDatabase(instance.id, name) : asking.kind === 'neutralize' ? api.neutralizeDatabase(instance.id, name) : api.dropDatabase(instance.id, name)), { onDone: onStarted });
  const rest = { busy: send.busy, error: send.error, onConfirm: () => send.send(undefined), onClose };
  if (asking.kind === 'serve') return <Confirm title={t.serveOf(name)} verb={t.serve} {...rest}>{t.serveNote(name, served)}</Confirm>;
  if (asking.kind === 'neutralize') return <Confirm title={t.neutralizeOf(name)} verb={t.neutralize} danger type={name} {...rest}>{t.neutralizeNote}</Confirm>;
  return <Confirm title={t.dropOf(name)} verb={t.dropVerb} danger type={name} {...rest}>{t.dropNote(name)}</Confirm>;
}
