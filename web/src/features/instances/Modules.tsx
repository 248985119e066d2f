import { useEffect, useRef, useState } from 'react';
import { Checkbox, Button, Stack, Text } from '@mantine/core';
import { IconPackage } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useOrg, useRefusal, useSend } from '../../api/hooks';
import type { ChangeModules, InstalledModule, InstanceView } from '../../api/types';
import { useUrlState } from '../../nav';
import { Action, EmptyState, Status, type Tone } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { plural, words } from '../../ui/format';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { ModulePicker } from '../templates/ModulePicker';
import { started } from '../operations/started';
import { can } from './InstanceParts';

const tones: Record<string, Tone> = { installed: 'good', 'to upgrade': 'busy', 'to install': 'busy', 'to remove': 'warn' };

export function Modules({ instance }: { instance: InstanceView }) {
  const org = useOrg();
  const refusal = useRefusal('manage:instances');
  const q = useUrlState('q');
  const [state, setState] = useUrlState('state', 'installed');
  const sort = useUrlState('sort');
  const [chosen, setChosen] = useState<string[]>([]);
  const [dialog, setDialog] = useState<'install' | 'update'>();
  const list = useList(api.instanceModules(instance.id));
  // What an operation did to them shows as soon as it has ended; until then the database is left alone.
  const worked = useRef(false);
  useEffect(() => {
    const works = Boolean(instance.operationId);
    if (worked.current && !works) list.reload();
    worked.current = works;
  });
  const update = useSend(() => api.changeModules(instance.id, { update: chosen }), { onDone: (operation) => { started(org, operation); setChosen([]); setDialog(undefined); } });
  const wanted = q[0].toLowerCase();
  const why = refusal ?? (instance.operationId ? 'An operation works on it now.' : can.changeModules(instance));
  const columns: Column<InstalledModule>[] = [
    {
      key: 'pick', header: 'Choose', actions: true,
      render: (row) => row.state === 'installed' && <Checkbox size="xs" aria-label={`Choose ${row.title}`} checked={chosen.includes(row.name)} onChange={(event) => setChosen(event.currentTarget.checked ? [...chosen, row.name] : chosen.filter((name) => name !== row.name))} />,
    },
    { key: 'title', header: 'Module', sort: (row) => row.title, render: (row) => row.title },
    { key: 'name', header: 'Technical name', sort: (row) => row.name, render: (row) => <span className="mono dim">{row.name}</span> },
    { key: 'state', header: 'State', sort: (row) => row.state, render: (row) => <Status tone={tones[row.state] ?? 'idle'}>{words(row.state)}</Status> },
    { key: 'version', header: 'Version', render: (row) => <span className="mono">{row.version ?? '–'}</span> },
    { key: 'kind', header: 'Kind', render: (row) => (row.application ? 'Application' : <span className="dim">Part</span>) },
  ];
  return (
    <>
      <Toolbar>
        <SearchBox label="Search modules" state={q} />
        <Filter label="State" state={[state === 'all' ? '' : state, (value) => setState(value ?? 'all')]} options={[{ value: 'installed', label: 'Installed' }, { value: 'uninstalled', label: 'Not installed' }]} />
        <span className="grow" />
        <Action variant="default" refusal={why ?? (chosen.length ? undefined : 'Choose installed modules first.')} onClick={() => setDialog('update')}>Update{chosen.length ? ` ${chosen.length}` : ''}</Action>
        <Action refusal={why} onClick={() => setDialog('install')}>Install modules</Action>
      </Toolbar>
      <DataTable label="Modules" noun="module" list={list} columns={columns} rowKey={(row) => row.name} sort={sort}
        filter={(row) => (state === 'all' || (state === 'installed') === (row.state !== 'uninstalled')) && (!wanted || `${row.name} ${row.title}`.toLowerCase().includes(wanted))}
        empty={<EmptyState icon={<IconPackage size={28} stroke={1.5} aria-hidden />} title="No module matches">Try another word or another state.</EmptyState>} />
      {dialog === 'update' && (
        <Confirm title={`Update ${plural(chosen.length, 'module')}`} verb="Update modules" busy={update.busy} error={update.error} onConfirm={() => update.send(undefined)} onClose={() => setDialog(undefined)}>
          {chosen.join(', ')}. Odoo does not answer while its modules are updated.
        </Confirm>
      )}
      {dialog === 'install' && <InstallDialog instance={instance} onClose={() => setDialog(undefined)} />}
    </>
  );
}

function InstallDialog({ instance, onClose }: { instance: InstanceView; onClose: () => void }) {
  const org = useOrg();
  const [names, setNames] = useState<string[]>([]);
  const install = useSend((body: ChangeModules) => api.changeModules(instance.id, body), { onDone: (operation) => { started(org, operation); onClose(); } });
  return (
    <Dialog onClose={onClose} size={720} title="Install modules">
      <Stack gap="sm">
        <ModulePicker version={instance.odooVersion} value={names} onChange={setNames} error={install.error?.fields.install} />
        <Text size="xs" className="dim">Odoo does not answer while modules are installed.</Text>
        <ErrorNote error={install.error} />
        <FormActions>
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Action loading={install.busy} refusal={names.length ? undefined : 'Choose modules first.'} onClick={() => install.send({ install: names })}>Install {names.length ? plural(names.length, 'module') : 'modules'}</Action>
        </FormActions>
      </Stack>
    </Dialog>
  );
}
