import { lazy, Suspense, useState } from 'react';
import { ActionIcon, Button, Menu, Skeleton } from '@mantine/core';
import { IconDots, IconSitemap } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useMe, useRefusal, useSend } from '../../api/hooks';
import type { TopologyBlueprint, TopologySummary } from '../../api/types';
import { Link, useGo, usePaths, useUrlState } from '../../nav';
import { Action, EmptyState, Status, Tags, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { ErrorState } from '../../ui/Errors';
import { plural, words } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { SearchBox, Toolbar } from '../../ui/Toolbar';
import { EnableAgency } from '../agency/EnableAgency';
import { Page } from '../shell/Page';
import { kinds } from './kinds';
import { NewTopologyDialog } from './NewTopologyDialog';
import { Sketch } from './Sketch';
import classes from './topologies.module.css';

const DeleteTopology = lazy(async () => ({ default: (await import('./DeleteTopology')).DeleteTopology }));

export default function TopologiesPage() {
  return useMe().current.agencyEnabled ? <Topologies /> : <EnableAgency />;
}

const redundancy = { none: 'no load balancer', traefik: 'Traefik', haproxy: 'HAProxy', nginx: 'nginx' };
const files = { local: 'local files', shared_nfs: 'NFS', s3: 'S3' };

function Topologies() {
  const to = usePaths();
  const go = useGo();
  const q = useUrlState('q');
  const sort = useUrlState('sort');
  const [dialog, setDialog] = useUrlState('dialog');
  const [blueprint, setBlueprint] = useUrlState('blueprint');
  const refusal = useRefusal('manage:topologies');
  const [removing, setRemoving] = useState<TopologySummary>();
  const list = useList(api.topologies({ q: q[0] }));
  const duplicate = useSend((row: TopologySummary) => api.duplicateTopology(row.id), { onDone: (copy) => { done(`${copy.name} is made.`); go(to.topology(copy.id)); }, onError: failed });
  const columns: Column<TopologySummary>[] = [
    { key: 'name', header: 'Topology', sort: (row) => row.name, render: (row) => <><Link to={to.topology(row.id)} strong>{row.name}</Link><div className="dim clip" style={{ fontSize: 12, maxWidth: 216 }}>{row.description}</div></> },
    { key: 'running', header: 'Runs', sort: (row) => row.running?.status ?? '', render: (row) => <Runs running={row.running ?? undefined} /> },
    { key: 'nodes', header: 'Nodes', wrap: true, render: (row) => <Counts nodes={row.nodes} /> },
    { key: 'ha', header: 'High availability', render: ({ haConfig: ha }) => <span title={[redundancy[ha.lbType ?? 'none'], files[ha.filestoreType ?? 'local']].join(', ')}>{[redundancy[ha.lbType ?? 'none'], files[ha.filestoreType ?? 'local'], ha.redisEnabled && 'Redis', ha.pgFailoverEnabled && 'fail-over'].filter(Boolean).join(' · ')}</span> },
    { key: 'servers', header: 'Servers', render: (row) => <Tags items={row.servers.map((server) => server.name)} most={2} none="none yet" /> },
    { key: 'updated', header: 'Changed', align: 'right', sort: (row) => row.updatedAt, render: (row) => <When at={row.updatedAt} /> },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => (
        <Menu position="bottom-end" width={150}>
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${row.name}`}><IconDots size={16} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => go(to.topology(row.id))}>Open</Menu.Item>
            <Menu.Item disabled={Boolean(refusal)} onClick={() => duplicate.send(row)}>Duplicate</Menu.Item>
            <Menu.Divider />
            <Menu.Item disabled={Boolean(refusal)} color="var(--oc-bad)" onClick={() => setRemoving(row)}>Delete</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  const nothing = !q[0] && list.rows?.length === 0;
  return (
    <Page title="Topologies" lead="Odoo over several servers: drawn, checked by rules before anything runs." actions={<Action refusal={refusal} onClick={() => setDialog('new')}>New topology</Action>}>
      {nothing ? <Blueprints /> : (
        <>
          <Toolbar><SearchBox label="Search topologies" state={q} /></Toolbar>
          <DataTable label="Topologies" noun="topology" nouns="topologies" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={<EmptyState title="No topology matches">Try another word.</EmptyState>} />
        </>
      )}
      {dialog === 'new' && !refusal && <NewTopologyDialog blueprint={blueprint} onBlueprint={setBlueprint} onClose={() => go(to.topologies, { replace: true })} />}
      {removing && <Suspense><DeleteTopology topology={removing} onClose={() => setRemoving(undefined)} onDone={() => setRemoving(undefined)} /></Suspense>}
    </Page>
  );
}

function Runs({ running }: { running: TopologySummary['running'] }) {
  if (!running) return <span className="dim">drawn only</span>;
  const well = running.nodesRunning === running.nodes;
  return <Status tone={running.status !== 'active' ? 'busy' : well ? 'good' : 'warn'}>{running.status === 'active' ? (well ? 'Active' : `${running.nodesRunning} of ${running.nodes} nodes`) : words(running.status)}</Status>;
}

function Counts({ nodes }: { nodes: TopologySummary['nodes'] }) {
  const items = kinds.filter(({ type }) => nodes[type]).map(({ type, label }) => `${nodes[type]} ${label}`);
  return items.length ? <span className={classes.counts}>{items.join(', ')}</span> : <span className="dim">empty</span>;
}

/** In place of an empty table: what one can start from. */
function Blueprints() {
  const to = usePaths();
  const go = useGo();
  const may = useAllowed('manage:topologies');
  const list = useList(api.topologyBlueprints());
  return (
    <section aria-label="Blueprints">
      <EmptyState icon={<IconSitemap size={28} stroke={1.5} aria-hidden />} title="No topologies yet" action={may ? <Button variant="default" onClick={() => go(to.newTopology())}>Start with an empty one</Button> : undefined}>
        A topology is the architecture of a demanding Odoo: load balancers, Odoo nodes, PostgreSQL with fail-over, Redis, shared files. {may && 'Start from one of these.'}
      </EmptyState>
      {list.error && <ErrorState error={list.error} onRetry={list.reload} />}
      <ul className={classes.blueprints}>
        {list.rows ? list.rows.map((item) => <li key={item.key}><Blueprint item={item} onStart={may ? () => go(to.newTopology(item.key)) : undefined} /></li>) : [0, 1, 2, 3].map((item) => <li key={item}><Skeleton height={250} /></li>)}
      </ul>
    </section>
  );
}

function Blueprint({ item, onStart }: { item: TopologyBlueprint; onStart?: () => void }) {
  return (
    <article className={classes.blueprint}>
      <Sketch data={item.topologyData} />
      <h2>{item.name}</h2>
      <p>{item.description}</p>
      <footer>
        <span className="dim">{plural(item.topologyData.nodes.length, 'node')} · {plural(item.places.length, 'machine')}</span>
        {onStart && <Button size="compact-sm" variant="light" onClick={onStart} aria-label={`Start from ${item.name}`}>Start</Button>}
      </footer>
    </article>
  );
}
