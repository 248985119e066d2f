import { lazy, Suspense, useState } from 'react';
import { Button, Skeleton, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { labelOf, serverOf, textOf, without } from './drawing';
import { FindingList } from './FindingList';
import type { Place } from './servers';
import type { Deployment } from './useDeployment';
import { nothing, type Editor } from './useEditor';
import classes from './topologies.module.css';

// Fields of every sort weigh more than all else here: they come when a node is chosen.
const NodeForm = lazy(() => import('./NodeForm'));
const NodesForm = lazy(() => import('./NodesForm'));
const Machines = lazy(() => import('./Machines'));

interface Props {
  editor: Editor;
  servers: Place[];
  deployment: Deployment;
  onShow: (ids: readonly string[]) => void;
}

/** What is chosen, and all that can be said of it. */
export function Inspector(props: Props) {
  return <Suspense fallback={<Skeleton height={240} />}><Chosen {...props} /></Suspense>;
}

function Chosen({ editor, servers, deployment, onShow }: Props) {
  const { draft, selection } = editor;
  const nodes = draft.nodes.filter((node) => selection.nodes.includes(node.id));
  const edges = draft.edges.filter((edge) => selection.edges.includes(edge.id));
  const [node] = nodes;
  if (nodes.length === 1 && node) return <NodeForm key={node.id} editor={editor} node={node} servers={servers} deployment={deployment} onShow={onShow} />;
  if (nodes.length > 1) return <NodesForm editor={editor} nodes={nodes} servers={servers} />;
  if (edges.length > 0) return <Edges editor={editor} ids={edges.map((edge) => edge.id)} />;
  return <Whole editor={editor} servers={servers} />;
}

function Edges({ editor, ids }: { editor: Editor; ids: string[] }) {
  const { draft, change, select, mayChange, findings } = editor;
  const name = (id: string) => { const node = draft.nodes.find((item) => item.id === id); return node ? labelOf(node) : id; };
  return (
    <div className={classes.form} role="group" aria-label="What is chosen">
      <h2>{ids.length === 1 ? 'A connection' : `${ids.length} connections`}</h2>
      {draft.edges.filter((edge) => ids.includes(edge.id)).map((edge) => <p key={edge.id} className={classes.line}>{name(edge.source)} <IconArrowRight size={14} aria-label="uses" /> {name(edge.target)}</p>)}
      <FindingList findings={[...new Set(ids.flatMap((id) => findings.of.get(id) ?? []))]} editor={editor} onShow={() => undefined} />
      {mayChange && <div className={classes.buttons}><Button variant="default" onClick={() => { change(without(draft, [], ids)); select(nothing); }}>Remove</Button></div>}
    </div>
  );
}

/** Nothing is chosen: the topology itself, and which server is which of its places. */
function Whole({ editor, servers }: { editor: Editor; servers: Place[] }) {
  const { draft, change, mayChange } = editor;
  const [open, setOpen] = useState(false);
  const names = new Map(servers.map((server) => [server.id, server.name]));
  const places = [...new Set(draft.nodes.map((node) => textOf(node, 'place')).filter((place) => place !== undefined))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const serversOf = (place: string) => [...new Set(draft.nodes.filter((node) => textOf(node, 'place') === place).map((node) => { const id = serverOf(node); return id ? (names.get(id) ?? 'unknown server') : 'no server'; }))].join(', ');
  return (
    <div className={classes.form} role="group" aria-label="The topology">
      <TextInput size="xs" label="Name" value={draft.name} maxLength={100} readOnly={!mayChange} error={draft.name.trim() ? undefined : 'Give the topology a name.'} onChange={(event) => { const { value } = event.currentTarget; change((now) => ({ ...now, name: value }), 'name'); }} />
      <TextInput size="xs" label="Description" value={draft.description} maxLength={1000} readOnly={!mayChange} onChange={(event) => { const { value } = event.currentTarget; change((now) => ({ ...now, description: value }), 'description'); }} />
      {places.length > 0 && (
        <section className={classes.machines} aria-label="Machines">
          <h3>Machines</h3>
          <p className="dim">Nodes with the same place share a server.</p>
          {open ? <Machines editor={editor} servers={servers} places={places} /> : (
            <>
              <dl>{places.map((place) => <div key={place}><dt>{place}</dt><dd className={serversOf(place) === 'no server' ? classes.missing : undefined}>{serversOf(place)}</dd></div>)}</dl>
              {mayChange && <div><Button variant="default" onClick={() => setOpen(true)}>Choose the servers</Button></div>}
            </>
          )}
        </section>
      )}
      <p className="dim">Choose a node to see and change its settings.</p>
    </div>
  );
}
