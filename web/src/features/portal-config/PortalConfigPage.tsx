import { useState } from 'react';
import { Button, SegmentedControl, Select, Skeleton, Switch } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useMe, useRead, useRefusal, useSend } from '../../api/hooks';
import type { PortalConfigValues, PortalConfigView, UpdatePortalConfig } from '../../api/types';
import { useUrlState } from '../../nav';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { UnsavedBar } from '../../ui/Form';
import { done } from '../../ui/toast';
import table from '../../ui/ui.module.css';
import { EnableAgency } from '../agency/EnableAgency';
import { Page } from '../shell/Page';

type Name = keyof PortalConfigValues;

const switches: [Exclude<Name, 'infrastructureVisibility'>, string, string][] = [
  ['featureTerminal', 'Web terminal', 'A shell in the container of their Odoo'],
  ['featureFileEditor', 'File editor', 'See and change the files of their Odoo'],
  ['featureOdooShell', 'Odoo shell', 'Python within their Odoo'],
  ['featureMonitoring', 'Monitoring', 'Memory, processor and database over time'],
  ['featureBackups', 'Backups', 'Take, download and restore backups'],
  ['featureDomains', 'Domains', 'Host names of their Odoo'],
  ['featureLogs', 'Logs', 'What was done, and what Odoo writes'],
  ['featureDatabases', 'Databases', 'Copies for tests, and their settings'],
  ['teamManagementEnabled', 'Team', 'Invite, change and remove their own people'],
];

const visibility = [{ value: 'full', label: 'Full' }, { value: 'limited', label: 'Limited' }, { value: 'none', label: 'None' }];
const means = { full: 'All about the servers that their Odoo runs on', limited: 'Name and health of the servers, no addresses', none: 'Nothing about servers' };
const word = (value: PortalConfigValues[Name]) => (typeof value === 'boolean' ? (value ? 'on' : 'off') : value);

export default function PortalConfigPage() {
  return useMe().current.agencyEnabled ? <PortalConfig /> : <EnableAgency />;
}

function PortalConfig() {
  const [client, setClient] = useUrlState('client');
  const clients = useList(api.clients());
  return (
    <Page
      title="Portal configuration"
      lead="What your clients see and do by themselves. You can do all of it for them at any time."
      actions={<Select size="xs" w={220} aria-label="Whose configuration" allowDeselect={false} searchable data={[{ value: '', label: 'All clients' }, ...(clients.rows ?? []).map((row) => ({ value: row.slug, label: `Only ${row.name}` }))]} value={client} onChange={(value) => setClient(value || null)} />}
    >
      <ConfigOf key={client} client={client} />
    </Page>
  );
}

/** The ten settings of all clients, or of one; a client's are inherited until they are set. */
export function ConfigOf({ client }: { client: string }) {
  const { data, error, reload } = useRead(client ? api.clientPortalConfig(client) : api.portalConfig());
  if (error && !data) return <ErrorState error={error} onRetry={() => void reload()} />;
  return data ? <Editor key={data.updatedAt ?? ''} config={data} client={client} /> : <Skeleton height={420} />;
}

function Editor({ config, client }: { config: PortalConfigView; client: string }) {
  const refusal = useRefusal('manage:agency');
  const [changes, setChanges] = useState<UpdatePortalConfig>({});
  const save = useSend((body: UpdatePortalConfig) => (client ? api.updateClientPortalConfig(client, body) : api.updatePortalConfig(body)), { onDone: () => { setChanges({}); done('Saved. It applies within seconds.'); } });
  const isSet = (name: Name) => (name in changes ? changes[name] !== null : config.overridden.includes(name));
  const value = <N extends Name>(name: N): PortalConfigValues[N] => ((name in changes ? changes[name] : isSet(name) ? config[name] : undefined) ?? config.inherited[name]) as PortalConfigValues[N];
  const change = (name: Name, next: PortalConfigValues[Name] | null) => setChanges((before) => {
    const after = { ...before, [name]: next } as UpdatePortalConfig;
    if (next === (config.overridden.includes(name) ? config[name] : null)) delete after[name];
    return after;
  });
  const where = (name: Name) => (
    <span style={{ display: 'inline-flex', gap: 6, alignItems: 'center' }}>
      {isSet(name)
        ? <>{client ? 'Set for this client' : 'Changed'} <span className="dim">({client ? 'all clients' : 'default'}: {word(config.inherited[name])})</span> {!refusal && <Button variant="subtle" size="compact-xs" aria-label={`${client ? 'Inherit' : 'Reset'} ${name}`} onClick={() => change(name, null)}>{client ? 'Inherit' : 'Reset'}</Button>}</>
        : <span className="dim">{client ? 'Inherited' : 'Default'}</span>}
    </span>
  );
  return (
    <>
      <div className={table.frame}>
        <div className={table.scroll}>
          <table className={table.table} aria-label="Portal configuration">
            <thead><tr><th scope="col">Clients may use</th><th scope="col" style={{ width: 210 }}>Switch</th><th scope="col">Where it comes from</th></tr></thead>
            <tbody>
              {switches.map(([name, label, what]) => (
                <tr key={name}>
                  <td data-wrap><b style={{ fontWeight: 500 }}>{label}</b><div className="dim">{what}</div></td>
                  <td><Switch size="sm" aria-label={label} disabled={Boolean(refusal)} checked={value(name)} onChange={(event) => change(name, event.currentTarget.checked)} /></td>
                  <td data-wrap>{where(name)}</td>
                </tr>
              ))}
              <tr>
                <td data-wrap><b style={{ fontWeight: 500 }}>Servers</b><div className="dim">{means[value('infrastructureVisibility')]}</div></td>
                <td><SegmentedControl size="xs" aria-label="Servers" disabled={Boolean(refusal)} data={visibility} value={value('infrastructureVisibility')} onChange={(next) => change('infrastructureVisibility', next as PortalConfigValues['infrastructureVisibility'])} /></td>
                <td data-wrap>{where('infrastructureVisibility')}</td>
              </tr>
            </tbody>
          </table>
        </div>
      </div>
      <div style={{ marginTop: 12 }}><ErrorNote error={save.error} /></div>
      <UnsavedBar shown={Object.keys(changes).length > 0} busy={save.busy} onSave={() => save.send(changes)} onReset={() => { save.reset(); setChanges({}); }} />
    </>
  );
}
