import { changed, labelOf, serverOf, withMember } from './drawing';
import { ServerPicker } from './ServerPicker';
import type { Place } from './servers';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

/** Which server is which place: all nodes of a place go to it together. */
export default function Machines({ editor, servers, places }: { editor: Editor; servers: Place[]; places: readonly string[] }) {
  const { draft, change, mayChange } = editor;
  return (
    <div className={classes.form}>
      {places.map((place) => {
        const there = draft.nodes.filter((node) => node.data.place === place);
        const used = [...new Set(there.map(serverOf))];
        return (
          <ServerPicker key={place} label={place} description={there.map(labelOf).join(', ')} servers={servers} draft={draft} readOnly={!mayChange} value={used.length === 1 ? used[0] : undefined}
            onChange={(server) => change((now) => changed(now, there.map((node) => node.id), (node) => withMember(node, 'serverId', server)))} />
        );
      })}
    </div>
  );
}
