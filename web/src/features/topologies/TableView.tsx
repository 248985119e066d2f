import { ActionIcon, Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { EmptyState, Status, Tag } from '../../ui/Bits';
import table from '../../ui/ui.module.css';
import { labelOf, serverOf, without } from './drawing';
import { detailOf, hasServer, kindOf } from './kinds';
import { KindIcon } from './KindIcon';
import type { Place } from './servers';
import { SeverityIcon } from './SeverityIcon';
import { actionWords, type Deployment, stateTones, stateWords } from './useDeployment';
import { nothing, type Editor } from './useEditor';
import classes from './topologies.module.css';

/** All of the drawing without a canvas: the same nodes, the same settings beside them. */
export default function TableView({ editor, servers, deployment: { actions, ghosts, statuses } }: { editor: Editor; servers: Place[]; deployment: Deployment }) {
  const { draft, selection, select, change, findings, mayChange } = editor;
  const byId = new Map(draft.nodes.map((node) => [node.id, node]));
  const names = new Map(servers.map((server) => [server.id, server.name]));
  const planned = actions.size > 0 || ghosts.length > 0;
  const uses = (id: string) => draft.edges.filter((edge) => edge.source === id).map((edge) => { const other = byId.get(edge.target); return other ? labelOf(other) : edge.target; });
  if (draft.nodes.length === 0 && ghosts.length === 0) return <div className={table.frame}><EmptyState title="Nothing is drawn yet">Add a node with the buttons above.</EmptyState></div>;
  return (
    <div className={table.frame}>
      <div className={`${table.scroll} ${classes.tall}`} tabIndex={0} role="group" aria-label="Nodes of the drawing">
        <table className={table.table} aria-label="Nodes">
          <thead><tr><th scope="col">Node</th><th scope="col">Type</th><th scope="col">Server</th><th scope="col">Uses</th><th scope="col">Findings</th>{statuses.size > 0 && <th scope="col">Status</th>}{planned && <th scope="col">Plan</th>}{mayChange && <th scope="col" data-actions><span className={classes.hidden}>Actions</span></th>}</tr></thead>
          <tbody>
            {draft.nodes.map((node) => {
              const own = (findings.of.get(node.id) ?? []).filter((finding) => finding.severity !== 'info');
              const serverId = serverOf(node);
              const status = statuses.get(node.id);
              const action = actions.get(node.id);
              const chosen = selection.nodes.includes(node.id);
              return (
                <tr key={node.id} data-chosen={chosen || undefined} className={classes.row}>
                  <td><button type="button" className={classes.pick} aria-pressed={chosen} onClick={() => select(chosen ? nothing : { nodes: [node.id], edges: [] })}><KindIcon type={node.type} />{labelOf(node)}</button></td>
                  <td>{kindOf(node.type)?.label ?? node.type}{detailOf(node) !== kindOf(node.type)?.label && <div className="dim">{detailOf(node)}</div>}</td>
                  <td>{serverId ? (names.get(serverId) ?? 'unknown server') : <span className="dim">{hasServer(node.type) ? 'none' : '–'}</span>}</td>
                  <td data-wrap>{uses(node.id).join(', ') || <span className="dim">nothing</span>}</td>
                  <td>{own[0] ? <span className={classes.severity}><SeverityIcon severity={own[0].severity} size={15} /> {own.length}</span> : findings.answer ? <Tag>fine</Tag> : '–'}</td>
                  {statuses.size > 0 && <td>{status ? <Status tone={status.drift.length > 0 ? 'warn' : stateTones[status.state]}>{stateWords[status.state]}{status.drift.length > 0 && ', differs'}</Status> : '–'}</td>}
                  {planned && <td><span className={classes.action} data-action={action}>{action ? actionWords[action] : '–'}</span></td>}
                  {mayChange && <td data-actions><ActionIcon variant="subtle" color="gray" aria-label={`Remove ${labelOf(node)}`} onClick={() => { change(without(draft, [node.id], [])); select(nothing); }}><IconTrash size={15} aria-hidden /></ActionIcon></td>}
                </tr>
              );
            })}
            {ghosts.map(({ id, node, action }) => {
              const status = statuses.get(node.id);
              const chosen = selection.nodes.includes(id);
              return (
                <tr key={id} data-chosen={chosen || undefined} data-ghost className={classes.row}>
                  <td><button type="button" className={classes.pick} aria-pressed={chosen} onClick={() => select(chosen ? nothing : { nodes: [id], edges: [] })}><KindIcon type={node.type} /><s>{action.label}</s></button></td>
                  <td>{kindOf(node.type)?.label ?? node.type}<div className="dim">not drawn any more</div></td>
                  <td>{action.server?.name ?? <span className="dim">–</span>}</td>
                  <td>–</td>
                  <td>–</td>
                  {statuses.size > 0 && <td>{status ? <Status tone={stateTones[status.state]}>{stateWords[status.state]}</Status> : '–'}</td>}
                  <td><span className={classes.action} data-action={action.action}>{actionWords[action.action]}</span></td>
                  {mayChange && <td data-actions />}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div className={table.footer}>
        <span>{draft.nodes.length} nodes, {draft.edges.length} connections{ghosts.length > 0 && `, ${ghosts.length} not drawn any more`}</span>
        {selection.nodes.length > 0 && <Button variant="subtle" size="compact-xs" onClick={() => select(nothing)}>Choose none</Button>}
      </div>
    </div>
  );
}
