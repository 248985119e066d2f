import { api } from '../../api/endpoints';
import { useOrg, useSend } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { Confirm } from '../../ui/Confirm';
import { started } from '../operations/started';

export function RunDialog({ verb, instance, onClose }: { verb: 'stop' | 'restart'; instance: InstanceView; onClose: () => void }) {
  const org = useOrg();
  const run = useSend(() => api.runInstance(instance.id, verb), { onDone: (operation) => { started(org, operation); onClose(); } });
  return (
    <Confirm title={`${verb === 'stop' ? 'Stop' : 'Restart'} ${instance.name}`} verb={verb === 'stop' ? 'Stop instance' : 'Restart instance'} danger={verb === 'stop'} busy={run.busy} error={run.error} onConfirm={() => run.send(undefined)} onClose={onClose}>
      {verb === 'stop' ? 'Its people cannot work in it until it is started again. Nothing is deleted.' : 'Its people are interrupted for some seconds. Changed settings take effect.'}
    </Confirm>
  );
}

export function DeleteDialog({ instance, onClose }: { instance: InstanceView; onClose: () => void }) {
  const org = useOrg();
  const go = useGo();
  const to = usePaths();
  const remove = useSend(() => api.deleteInstance(instance.id), { onDone: (operation) => { started(org, operation); go(to.instances); } });
  return (
    <Confirm title={`Delete ${instance.name}`} verb="Delete instance" danger type={instance.slug} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      This removes the Odoo of {instance.organization.name} at {instance.domain} with its database <span className="mono">{instance.database}</span> and all its files. It cannot be undone.
    </Confirm>
  );
}
