import { Button } from '@mantine/core';
import { IconWand } from '@tabler/icons-react';
import type { TopologyFinding } from '../../api/types';
import { failed } from '../../ui/toast';
import { ApiError } from '../../api/errors';
import { labelOf } from './drawing';
import { SeverityIcon } from './SeverityIcon';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

/** What the rules say, each with the change that mends it where a machine can know one. */
export function FindingList({ findings, editor, onShow, here }: { findings: readonly TopologyFinding[]; editor: Editor; onShow: (ids: readonly string[]) => void; here?: string }) {
  const names = new Map(editor.draft.nodes.map((node) => [node.id, labelOf(node)]));
  function mend(finding: TopologyFinding) {
    const misfit = editor.mend(finding.fix);
    if (misfit) failed(new ApiError(409, { code: 'change_does_not_fit', detail: misfit, hint: 'The drawing has changed since; it is being checked again.' }));
  }
  return (
    <ul className={classes.findings}>
      {together(findings).map(({ count, ...finding }, index) => {
        const others = finding.nodeIds.filter((id) => id !== here && names.has(id));
        return (
          <li key={`${finding.code} ${finding.nodeIds.join()} ${finding.edgeIds.join()} ${index}`} data-severity={finding.severity}>
            <SeverityIcon severity={finding.severity} />
            <div>
              <p>{finding.message}{count > 1 && ` ${count - 1} more are like it.`} <span className="mono dim">{finding.code}</span></p>
              {finding.hint && <p className="dim">{finding.hint}</p>}
              {!here && others.length > 0 && (
                <p className={classes.about}>
                  {others.slice(0, 24).map((id) => <button key={id} type="button" onClick={() => { editor.select({ nodes: [id], edges: [] }); onShow([id]); }}>{names.get(id)}</button>)}
                  {others.length > 24 && <span className="dim">and {others.length - 24} more</span>}
                </p>
              )}
              {finding.fix.changes.length > 0 && editor.mayChange
                ? <Button size="compact-xs" variant="light" leftSection={<IconWand size={13} aria-hidden />} onClick={() => mend(finding)}>{finding.fix.title.replace(/\.$/, '')}</Button>
                : <p className="dim">{finding.fix.title}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

/** What has the same code and nothing that a click mends is one entry: eighteen nodes without a server are one thing to do. */
function together(findings: readonly TopologyFinding[]): (TopologyFinding & { count: number })[] {
  const entries: (TopologyFinding & { count: number })[] = [];
  for (const finding of findings) {
    const like = finding.fix.changes.length === 0 && finding.edgeIds.length === 0 ? entries.find((entry) => entry.code === finding.code && entry.severity === finding.severity && entry.fix.title === finding.fix.title && entry.edgeIds.length === 0) : undefined;
    if (like) Object.assign(like, { count: like.count + 1, nodeIds: [...new Set([...like.nodeIds, ...finding.nodeIds])] });
    else entries.push({ ...finding, count: 1 });
  }
  return entries;
}
