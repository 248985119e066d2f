import { Button } from '@mantine/core';
import { changed, type DrawnNode, duplicated, labelOf, serverOf, without, withMember } from './drawing';
import { hasServer } from './kinds';
import { ServerPicker } from './ServerPicker';
import type { Place } from './servers';
import { nothing, type Editor } from './useEditor';
import classes from './topologies.module.css';

/** Several nodes at once. */
export default function NodesForm({ editor, nodes, servers }: { editor: Editor; nodes: DrawnNode[]; servers: Place[] }) {
  const { draft, change, select, mayChange } = editor;
  const ids = nodes.map((node) => node.id);
  const placed = [...new Set(nodes.filter((node) => hasServer(node.type)).map(serverOf))];
  return (
    <div className={classes.form} role="group" aria-label="What is chosen">
      <h2>{nodes.length} nodes are chosen</h2>
      <p className="dim">{nodes.map(labelOf).join(', ')}</p>
      <ServerPicker label="Server of all of them" servers={servers} draft={draft} readOnly={!mayChange} value={placed.length === 1 ? placed[0] : undefined} onChange={(server) => change((now) => changed(now, ids, (node) => (hasServer(node.type) ? withMember(node, 'serverId', server) : node)))} />
      {mayChange && (
        <div className={classes.buttons}>
          <Button variant="default" onClick={() => { const copy = duplicated(draft, ids); change(copy.draft); select({ nodes: copy.ids, edges: [] }); }}>Duplicate</Button>
          <Button variant="default" onClick={() => { change(without(draft, ids, [])); select(nothing); }}>Remove</Button>
        </div>
      )}
    </div>
  );
}
