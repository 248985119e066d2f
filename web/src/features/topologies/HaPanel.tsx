import { Button, Select, Switch } from '@mantine/core';
import { api } from '../../api/endpoints';
import { ApiError } from '../../api/errors';
import { useRead } from '../../api/hooks';
import type { HaConfigView } from '../../api/types';
import { ErrorNote } from '../../ui/Errors';
import { failed } from '../../ui/toast';
import { type Setting, withSetting } from './drawing';
import { ServerPicker } from './ServerPicker';
import type { Place } from './servers';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

const balancers = [{ value: 'none', label: 'None' }, { value: 'traefik', label: 'Traefik' }, { value: 'haproxy', label: 'HAProxy' }, { value: 'nginx', label: 'nginx' }];
const filestores = [{ value: 'local', label: 'Local: one Odoo node only' }, { value: 'shared_nfs', label: 'Shared by NFS' }, { value: 's3', label: 'S3' }];

/** How high availability is reached, what the drawing lacks for it, and where the two contradict each other. */
export default function HaPanel({ editor, servers }: { editor: Editor; servers: Place[] }) {
  const { draft, change, mayChange, dirty } = editor;
  const { ha } = draft;
  const set = (member: Setting, value: unknown) => change((now) => ({ ...now, ha: withSetting(now.ha, member, value) }));
  return (
    <div className={classes.form} role="group" aria-label="High availability">
      <Select size="xs" label="Load balancer" data={balancers} allowDeselect={false} readOnly={!mayChange} value={ha.lbType ?? 'none'} onChange={(value) => set('lbType', value)} />
      {(ha.lbType ?? 'none') !== 'none' && <ServerPicker label="Server of the load balancer" servers={servers} draft={draft} readOnly={!mayChange} value={ha.lbServerId ?? undefined} onChange={(value) => set('lbServerId', value)} />}
      <Select size="xs" label="Filestore" data={filestores} allowDeselect={false} readOnly={!mayChange} value={ha.filestoreType ?? 'local'} onChange={(value) => set('filestoreType', value)} />
      <Switch size="sm" label="Sessions in Redis" description="Any Odoo node can then serve anyone." disabled={!mayChange} checked={ha.redisEnabled ?? false} onChange={(event) => set('redisEnabled', event.currentTarget.checked)} />
      {ha.redisEnabled && <ServerPicker label="Server of Redis" servers={servers} draft={draft} readOnly={!mayChange} value={ha.redisServerId ?? undefined} onChange={(value) => set('redisServerId', value)} />}
      <Switch size="sm" label="PostgreSQL fails over" description="By Patroni and etcd, to a replica." disabled={!mayChange} checked={ha.pgFailoverEnabled ?? false} onChange={(event) => set('pgFailoverEnabled', event.currentTarget.checked)} />
      {dirty ? <p className="dim">Save, and this shows what the drawing lacks for these settings.</p> : <Against editor={editor} />}
    </div>
  );
}

function Against({ editor }: { editor: Editor }) {
  const { data, error } = useRead(api.topologyHa(editor.topology.id));
  if (error && !data) return <ErrorNote error={error} />;
  return data ? <Proposal editor={editor} view={data} /> : null;
}

function Proposal({ editor, view: { proposal, conflicts } }: { editor: Editor; view: HaConfigView }) {
  const nodes = proposal.changes.filter((change) => change.op === 'add_node').length;
  function draw() {
    const misfit = editor.mend(proposal);
    if (misfit) failed(new ApiError(409, { code: 'change_does_not_fit', detail: misfit }));
  }
  return (
    <>
      {conflicts.map((conflict) => <p key={`${conflict.field} ${conflict.nodeIds.join()}`} className={classes.contradiction}>{conflict.message}</p>)}
      {proposal.changes.length > 0 ? (
        <div className={classes.proposal}>
          <p>{proposal.title}{nodes > 0 && <span className="dim"> {nodes} {nodes === 1 ? 'node' : 'nodes'} to draw.</span>}</p>
          {editor.mayChange && <Button size="compact-sm" variant="light" onClick={draw}>Draw what is missing</Button>}
        </div>
      ) : conflicts.length === 0 && <p className="dim">The drawing has all that these settings name.</p>}
    </>
  );
}
