import { dragType } from './dragType';
import { added, mostNodes, type Position } from './drawing';
import { kinds } from './kinds';
import { KindIcon } from './KindIcon';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

/** What can be drawn: a click puts it into the middle, and it can be dragged to its place. */
export function NodeStrip({ editor, where }: { editor: Editor; where: () => Position }) {
  const { draft, change, select } = editor;
  const full = draft.nodes.length >= mostNodes;
  return (
    <div className={classes.strip} role="toolbar" aria-label="Add a node">
      {kinds.map((kind) => (
        <button
          key={kind.type} type="button" draggable={!full} disabled={full} title={full ? `At most ${mostNodes} nodes can be drawn.` : kind.what} aria-label={`Add ${kind.label}`} data-family={kind.family}
          onDragStart={(event) => { event.dataTransfer.setData(dragType, kind.type); event.dataTransfer.effectAllowed = 'copy'; }}
          onClick={() => { const { draft: after, id } = added(draft, kind, where()); change(after); select({ nodes: [id], edges: [] }); }}
        >
          <KindIcon type={kind.type} size={15} />{kind.label}
        </button>
      ))}
    </div>
  );
}
