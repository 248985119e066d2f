import { api } from '../../api/endpoints';
import { useRefusal } from '../../api/hooks';
import type { InstanceView, ServerView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { EmptyState } from '../../ui/Bits';
import { Terminal } from './Terminal';

const running = (instance: InstanceView) => ['running', 'restarting', 'failed'].includes(instance.status);

function Refused({ why }: { why: string }) {
  const { terminal: t } = useTexts();
  return <EmptyState title={t.terminal}>{why}</EmptyState>;
}

export function InstanceTerminal({ instance }: { instance: InstanceView }) {
  const { terminal: t } = useTexts();
  const refusal = useRefusal('manage:instances') ?? (running(instance) ? undefined : t.notRunning);
  return refusal ? <Refused why={refusal} /> : <Terminal ticket={api.openTerminal(instance.id)} label={t.terminal} note={t.terminalNote} />;
}

export function InstanceOdooShell({ instance }: { instance: InstanceView }) {
  const { terminal: t } = useTexts();
  const refusal = useRefusal('manage:instances') ?? (running(instance) ? undefined : t.notRunning);
  return refusal ? <Refused why={refusal} /> : <Terminal ticket={api.openOdooShell(instance.id)} label={t.odooShell} note={t.odooNote} />;
}

export function ServerTerminal({ server }: { server: ServerView }) {
  const { terminal: t } = useTexts();
  const refusal = useRefusal('manage:servers');
  return refusal ? <Refused why={refusal} /> : <Terminal ticket={api.openServerTerminal(server.id)} label={t.terminal} note={t.serverNote} />;
}
