import { Select } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useAllowed, useList } from '../../api/hooks';
import type { Ref, ServerView } from '../../api/types';
import { bytes, plural } from '../../ui/format';
import { ServerStatusView } from '../servers/ServerParts';
import type { Draft } from './drawing';
import { serverOf } from './drawing';
import { memoryOf } from './kinds';
import classes from './topologies.module.css';

export interface Place {
  id: string;
  name: string;
  view?: ServerView;
}

/** All servers that may be chosen; for who may not see servers, those that the drawing names. */
export function useServers(named: readonly Ref[]): Place[] {
  const may = useAllowed('view:servers');
  const list = useList(api.servers(), { enabled: may });
  const all = (list.rows ?? []).map((view): Place => ({ id: view.id, name: view.name, view }));
  return [...all, ...named.filter((item) => !all.some((other) => other.id === item.id))];
}

interface Props {
  label: string;
  servers: Place[];
  value: string | undefined;
  onChange: (server: string | undefined) => void;
  draft?: Draft;
  readOnly?: boolean;
  description?: string;
}

export function ServerPicker({ label, servers, value, onChange, draft, readOnly, description }: Props) {
  const known = new Map(servers.map((server) => [server.id, server]));
  const data = servers.map(({ id, name }) => ({ value: id, label: name }));
  // A server that is gone since is still named by the drawing.
  if (value && !known.has(value)) data.push({ value, label: 'a server that is not found' });
  return (
    <Select
      size="xs" label={label} description={description} placeholder="Choose a server" data={data} value={value ?? null} readOnly={readOnly} clearable={!readOnly} searchable={servers.length > 6} nothingFoundMessage="No server matches"
      clearButtonProps={{ 'aria-label': `Clear ${label}` }} comboboxProps={{ width: 290, position: 'bottom-start' }} withScrollArea={false} classNames={{ options: classes.options, option: classes.option }} onChange={(server) => onChange(server ?? undefined)}
      renderOption={({ option }) => <Option server={known.get(option.value)} name={option.label} draft={draft} />}
    />
  );
}

function Option({ server, name, draft }: { server: Place | undefined; name: string; draft: Draft | undefined }) {
  const view = server?.view;
  return (
    <span className={classes.server}>
      <span><b>{name}</b>{view && <ServerStatusView server={view} />}</span>
      {view && <small className="dim">{roomOn(view, draft, view.id)}</small>}
    </span>
  );
}

/** What is left of a machine after what is promised on it, and after what this drawing asks of it. */
export function roomOn({ facts, use, instanceCount }: Pick<ServerView, 'facts' | 'use' | 'instanceCount'>, draft: Draft | undefined, id?: string): string {
  if (!facts) return 'not measured yet';
  const drawn = draft?.nodes.filter((node) => serverOf(node) === id) ?? [];
  const free = facts.memoryBytes - (use?.memoryReservedBytes ?? 0) - drawn.reduce((sum, node) => sum + memoryOf(node), 0) * 1024 * 1024;
  return [
    free >= 0 ? `${bytes(free)} of ${bytes(facts.memoryBytes)} memory free` : `${bytes(-free)} of memory too little`,
    plural(facts.cpus, 'core'), instanceCount > 0 && plural(instanceCount, 'instance'), drawn.length > 0 && `${plural(drawn.length, 'node')} of this drawing`,
  ].filter(Boolean).join(' · ');
}
