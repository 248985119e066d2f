import { Tooltip } from '@mantine/core';
import type { InstanceStatus, InstanceView } from '../../api/types';
import { Status, type Tone } from '../../ui/Bits';
import { words } from '../../ui/format';

const tones: Record<InstanceStatus, Tone> = {
  creating: 'busy', running: 'good', stopped: 'idle', restarting: 'busy', failed: 'bad', removing: 'busy', suspended: 'idle',
};

export const instanceStatuses = Object.keys(tones).map((value) => ({ value, label: words(value) }));

export const inBetween = (instance: InstanceView) => ['creating', 'restarting', 'removing'].includes(instance.status);

export function InstanceStatusView({ instance }: { instance: InstanceView }) {
  const sick = instance.status === 'running' && instance.health === 'unhealthy';
  const status = <Status tone={sick ? 'warn' : tones[instance.status]}>{sick ? 'Unhealthy' : words(instance.status)}</Status>;
  return instance.statusMessage ? <Tooltip label={instance.statusMessage}><span>{status}</span></Tooltip> : status;
}

export const edition = (instance: { odooVersion: string; odooEdition: string }) => `${instance.odooVersion} ${instance.odooEdition === 'ee' ? 'Enterprise' : 'Community'}`;

/** What may be done in which state; the server has the last word. */
export const can = {
  start: (instance: InstanceView) => ['stopped', 'failed'].includes(instance.status) ? undefined : `It is ${instance.status}.`,
  stop: (instance: InstanceView) => ['running', 'failed', 'restarting'].includes(instance.status) ? undefined : `It is ${instance.status}.`,
  restart: (instance: InstanceView) => ['running', 'failed'].includes(instance.status) ? undefined : `It is ${instance.status}.`,
  remove: (instance: InstanceView) => instance.status === 'removing' ? 'It is being removed.' : undefined,
  open: (instance: InstanceView) => instance.status === 'running' ? undefined : `It is ${instance.status}.`,
  changeModules: (instance: InstanceView) => instance.status === 'running' ? undefined : `It is ${instance.status}; modules are changed while it runs.`,
};
