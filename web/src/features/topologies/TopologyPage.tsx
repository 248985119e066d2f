import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { ActionIcon, Alert, Button, SegmentedControl, Skeleton, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconArrowBackUp, IconArrowForwardUp, IconDots, IconHierarchy3 } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useMe, useRefusal, useSend } from '../../api/hooks';
import type { TopologyDeploymentView, TopologyView } from '../../api/types';
import { useGo, usePathPart, usePaths, useUrlState } from '../../nav';
import { Action, Status } from '../../ui/Bits';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { plural, words } from '../../ui/format';
import { LaterMenu } from '../../ui/LaterMenu';
import { done, failed } from '../../ui/toast';
import { EnableAgency } from '../agency/EnableAgency';
import { Page } from '../shell/Page';
import type { CanvasHandle } from './Canvas';
import { duplicated, moved, type Position } from './drawing';
import { FindingsPanel } from './FindingsPanel';
import { Inspector } from './Inspector';
import { Leaving } from './Leaving';
import { NodeStrip } from './NodeStrip';
import { useServers } from './servers';
import { useDeployment } from './useDeployment';
import { type Editor, nothing, useEditor } from './useEditor';
import { useTopology } from './written';
import classes from './topologies.module.css';

const Canvas = lazy(() => import('./Canvas'));
const Conflict = lazy(() => import('./Conflict'));
const DeleteTopology = lazy(async () => ({ default: (await import('./DeleteTopology')).DeleteTopology }));
const HaPanel = lazy(() => import('./HaPanel'));
const JsonView = lazy(() => import('./JsonView'));
const DeploymentPanel = lazy(() => import('./DeploymentPanel'));
const TableView = lazy(() => import('./TableView'));

export default function TopologyPage() {
  const me = useMe();
  return me.current.agencyEnabled ? <Opened /> : <EnableAgency />;
}

function Opened() {
  const id = usePathPart('topology');
  const to = usePaths();
  const { data, error, reload } = useTopology(id);
  const crumbs = [{ label: 'Topologies', to: to.topologies }];
  if (error && !data) return <Page title="Topology" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!data) return <Page title="Topology" crumbs={crumbs}><Skeleton height={520} /></Page>;
  return <Drawing key={data.id} topology={data} reload={() => void reload()} />;
}

const views = [{ value: 'canvas', label: 'Canvas' }, { value: 'table', label: 'Table' }, { value: 'json', label: 'JSON' }];

function Drawing({ topology, reload }: { topology: TopologyView; reload: () => void }) {
  const to = usePaths();
  const refusal = useRefusal('manage:topologies');
  const editor = useEditor(topology, useAllowed('manage:topologies'));
  const { draft, dirty, mayChange } = editor;
  const servers = useServers(topology.servers, topology.deployment?.nodes);
  const [view, setView] = useUrlState('view', 'canvas');
  const [panel, setPanel] = useState('details');
  const deployment = useDeployment(editor);
  const canvas = useRef<CanvasHandle>(null);

  // A choice opens what can be said of it, unless it is made to look at a plan; the end of a plan is no choice.
  const chosen = [...editor.selection.nodes, ...editor.selection.edges].join();
  const planned = useRef(false);
  useEffect(() => { planned.current = Boolean(deployment.plan); });
  useEffect(() => { if (chosen && !planned.current) setPanel('details'); }, [chosen]);
  useEffect(() => { if (editor.conflict) reload(); }, [editor.conflict]); // eslint-disable-line react-hooks/exhaustive-deps
  useKeys(editor);

  const where = (): Position => canvas.current?.middle() ?? { x: 0, y: Math.max(0, ...draft.nodes.map((node) => node.position.y + 90)) };
  const show = (ids: readonly string[]) => canvas.current?.show(ids);
  async function layOut() {
    const { laidOut } = await import('./layout');
    editor.change((now) => moved(now, laidOut(now)));
    canvas.current?.fit();
  }
  const { answer } = editor.findings;
  return (
    <Page
      title={draft.name || 'Topology'} crumbs={[{ label: 'Topologies', to: to.topologies }]}
      aside={<><Verdict editor={editor} onShow={() => setPanel('findings')} />{deployment.deployment && <Runs deployment={deployment.deployment} onShow={() => setPanel('deploy')} />}</>}
      actions={
        <>
          <Tool label="Undo" keys="Ctrl+Z" onClick={editor.undo}><IconArrowBackUp size={17} aria-hidden /></Tool>
          <Tool label="Redo" keys="Ctrl+Shift+Z" onClick={editor.redo}><IconArrowForwardUp size={17} aria-hidden /></Tool>
          {mayChange && <Tool label="Lay out" onClick={draft.nodes.length > 1 ? () => void layOut() : undefined}><IconHierarchy3 size={17} aria-hidden /></Tool>}
          <SegmentedControl size="xs" aria-label="View" data={views} value={view} onChange={setView} />
          <Action refusal={refusal} variant={dirty ? 'filled' : 'default'} loading={editor.saving} onClick={dirty && draft.name.trim() ? editor.save : undefined}>{dirty ? 'Save' : 'Saved'}</Action>
          <More topology={topology} refusal={refusal} dirty={dirty} />
        </>
      }
    >
      <Leaving dirty={dirty} />
      {editor.conflict && <Suspense><Conflict editor={editor} /></Suspense>}
      <ErrorNote error={editor.saveError} />
      {editor.theirs && !editor.conflict && (
        <Alert color="yellow" variant="default" role="status" p="xs" mb="xs" className={classes.notice}>
          Somebody else has saved this topology. <Button variant="subtle" size="compact-xs" onClick={() => editor.setConflict(true)}>Choose what to keep</Button>
        </Alert>
      )}
      {mayChange && view !== 'json' && <NodeStrip editor={editor} where={where} />}
      <div className={classes.work}>
        <div className={classes.stage}>
          <Suspense fallback={<Skeleton height="100%" />}>
            {view === 'table' ? <TableView editor={editor} servers={servers} deployment={deployment} /> : view === 'json' ? <JsonView editor={editor} /> : <Canvas editor={editor} servers={servers} deployment={deployment} handle={canvas} />}
          </Suspense>
        </div>
        <aside className={classes.panel} aria-label="Beside the drawing">
          <SegmentedControl size="xs" fullWidth aria-label="Panel" value={panel} onChange={setPanel} data={[{ value: 'details', label: 'Details' }, { value: 'findings', label: answer ? `Findings ${answer.findings.length}` : 'Findings' }, { value: 'ha', label: 'HA' }, { value: 'deploy', label: 'Deploy' }]} />
          <div className={classes.panelBody} tabIndex={-1}>
            <Suspense fallback={<Skeleton height={240} />}>
              {panel === 'findings' ? <FindingsPanel editor={editor} onShow={show} /> : panel === 'deploy' ? <DeploymentPanel editor={editor} deployment={deployment} refusal={refusal} onShow={show} /> : panel === 'ha' ? <HaPanel editor={editor} servers={servers} /> : <Inspector editor={editor} servers={servers} deployment={deployment} onShow={show} />}
            </Suspense>
          </div>
        </aside>
      </div>
    </Page>
  );
}

function useKeys(editor: Editor) {
  const { undo, redo, dirty, selection, draft, change, select, mayChange } = editor;
  const steps: [string, () => void][] = [
    ['mod+Z', () => undo?.()], ['mod+shift+Z', () => redo?.()], ['mod+Y', () => redo?.()],
    ['mod+D', () => {
      const copy = duplicated(draft, selection.nodes);
      if (!mayChange || copy.ids.length === 0) return;
      change(copy.draft);
      select({ nodes: copy.ids, edges: [] });
    }],
  ];
  // In a field the browser's own undo is the one that is meant; saving is meant everywhere.
  useHotkeys(steps);
  useHotkeys([['mod+S', () => { if (dirty && draft.name.trim()) editor.save(); }]], []);
  useHotkeys([['Escape', () => select(nothing)]]);
}

function Tool({ label, keys, onClick, children }: { label: string; keys?: string; onClick: (() => void) | undefined; children: React.ReactNode }) {
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon variant="default" size={30} aria-label={label} data-disabled={!onClick || undefined} aria-disabled={!onClick} onClick={onClick}>{children}</ActionIcon>
    </Tooltip>
  );
}

/** The rules' answer in a word, as a way to what they say. */
function Verdict({ editor, onShow }: { editor: Editor; onShow: () => void }) {
  const { answer, error, busy } = editor.findings;
  if (error && !answer) return <button type="button" className={classes.verdict} onClick={onShow}><Status tone="bad">Not checked</Status></button>;
  if (!answer) return <span className={classes.verdict}><Status tone="busy">Checking</Status></span>;
  const text = [answer.errors > 0 && plural(answer.errors, 'error'), answer.warnings > 0 && plural(answer.warnings, 'warning')].filter(Boolean).join(', ') || 'Nothing is wrong';
  return (
    <button type="button" className={classes.verdict} data-busy={busy || undefined} onClick={onShow} aria-live="polite">
      <Status tone={answer.errors > 0 ? 'bad' : answer.warnings > 0 ? 'warn' : 'good'}>{text}</Status>
    </button>
  );
}

/** Whether it runs, in a word. */
function Runs({ deployment, onShow }: { deployment: TopologyDeploymentView; onShow: () => void }) {
  const bad = deployment.nodes.filter((node) => !['running', 'waiting', 'working'].includes(node.state)).length;
  return (
    <button type="button" className={classes.verdict} onClick={onShow}>
      <Status tone={deployment.operationId ? 'busy' : bad > 0 ? 'bad' : 'good'}>{deployment.operationId ? words(deployment.status) : bad > 0 ? `${plural(bad, 'node')} not well` : 'Running'}</Status>
    </button>
  );
}

function More({ topology, refusal, dirty }: { topology: TopologyView; refusal: string | undefined; dirty: boolean }) {
  const to = usePaths();
  const go = useGo();
  const [removing, setRemoving] = useState(false);
  const duplicate = useSend(() => api.duplicateTopology(topology.id), { onDone: (copy) => { done(`${copy.name} is made.`); go(to.topology(copy.id)); }, onError: failed });
  return (
    <>
      <LaterMenu
        position="bottom-end" width={180}
        target={<ActionIcon variant="default" size={30} aria-label="More actions"><IconDots size={16} aria-hidden /></ActionIcon>}
        entries={[
          { label: dirty ? 'Duplicate as saved' : 'Duplicate', disabled: Boolean(refusal), onClick: () => duplicate.send(undefined) },
          { label: 'What was done with it', onClick: () => go(to.audit({ objectType: 'topology', objectId: topology.id })) },
          'line',
          { label: 'Delete', danger: true, disabled: Boolean(refusal), onClick: () => setRemoving(true) },
        ]}
      />
      {removing && <Suspense><DeleteTopology topology={topology} onClose={() => setRemoving(false)} onDone={() => go(to.topologies)} /></Suspense>}
    </>
  );
}
