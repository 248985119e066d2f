import { Tooltip } from '@mantine/core';
import type { ServerStatus, ServerView } from '../../api/types';
import { Status, type Tone } from '../../ui/Bits';

const states: Record<ServerStatus, [Tone, string]> = {
  pending: ['idle', 'Pending'], validating: ['busy', 'Validating'], active: ['good', 'Active'], unreachable: ['bad', 'Unreachable'],
  host_key_changed: ['bad', 'Host key changed'], draining: ['warn', 'Draining'], failed: ['bad', 'Failed'], removing: ['busy', 'Removing'],
};

export const serverStatuses = Object.entries(states).map(([value, [, label]]) => ({ value, label }));

export function ServerStatusView({ server }: { server: Pick<ServerView, 'status' | 'statusMessage'> }) {
  const [tone, label] = states[server.status];
  const status = <Status tone={tone}>{label}</Status>;
  return server.statusMessage ? <Tooltip label={server.statusMessage}><span>{status}</span></Tooltip> : status;
}

export const inBetween = (server: ServerView) => ['pending', 'validating', 'removing'].includes(server.status);
export const serverAddress = (server: ServerView) => (server.isLocal ? 'this machine' : `${server.user}@${server.host}${server.port === 22 ? '' : `:${server.port}`}`);
