import { Select } from '@mantine/core';
import { ServerStatusView } from '../servers/ServerParts';
import type { Draft } from './drawing';
import { type Place, roomOn } from './servers';
import classes from './topologies.module.css';

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
      {view && <small className="dim">{roomOn(view, draft, view.id, server.runs)}</small>}
    </span>
  );
}
