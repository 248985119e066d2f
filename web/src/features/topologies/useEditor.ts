import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { send } from '../../api/client';
import { api } from '../../api/endpoints';
import { asApiError, type ApiError } from '../../api/errors';
import { useOrg } from '../../api/hooks';
import type { TopologyFinding, TopologyFix, TopologyValidation, TopologyView } from '../../api/types';
import { done } from '../../ui/toast';
import { applied, type Draft, draftOf, requestText, same, updateOf, wireOf } from './drawing';
import { merged } from './findings';
import { begun, changedTo, redone, undone, type History } from './history';
import { useWrite } from './written';

type Step = { to: Draft; tag?: string } | 'undo' | 'redo' | { anew: Draft };

function next(history: History<Draft>, step: Step): History<Draft> {
  if (step === 'undo') return undone(history);
  if (step === 'redo') return redone(history);
  return 'anew' in step ? begun(step.anew) : changedTo(history, step.to, step.tag);
}

export interface Selection { nodes: readonly string[]; edges: readonly string[] }
export const nothing: Selection = { nodes: [], edges: [] };

/** The drawing in progress: its steps, what is chosen in it, what is saved of it, and what the rules say of it. */
export function useEditor(topology: TopologyView, mayChange: boolean) {
  const [base, setBase] = useState(() => ({ draft: draftOf(topology), version: topology.version }));
  const [history, step] = useReducer(next, base.draft, begun<Draft>);
  const [selection, select] = useState<Selection>(nothing);
  const draft = history.now;
  const dirty = useMemo(() => mayChange && !same(draft, base.draft), [draft, base, mayChange]);

  const latest = useRef(draft);
  latest.current = draft;
  /** A new drawing, or what to make of the present one. */
  const change = useCallback((to: Draft | ((draft: Draft) => Draft), tag?: string) => {
    if (!mayChange) return;
    const after = typeof to === 'function' ? to(latest.current) : to;
    latest.current = after;
    step({ to: after, tag });
  }, [mayChange]);

  const rebase = useCallback((view: TopologyView, anew: boolean) => {
    const saved = draftOf(view);
    setBase({ draft: saved, version: view.version });
    if (anew) { latest.current = saved; step({ anew: saved }); }
  }, []);

  // What others saved is taken over while there is nothing of one's own that it would undo.
  const theirs = topology.version > base.version ? topology : undefined;
  useEffect(() => { if (theirs && !dirty) rebase(theirs, true); }, [theirs, dirty, rebase]);

  const [conflict, setConflict] = useState(false);
  const save = useWrite((over: number | undefined) => {
    const update = updateOf(latest.current, over === undefined ? base.draft : undefined, over ?? base.version);
    return { request: api.updateTopology(topology.id, update), text: requestText(update, latest.current) };
  }, {
    // Positions are kept as they are on the screen: what was saved is what is drawn.
    onDone: (view) => { rebase(view, false); setConflict(false); done(`${view.name} is saved.`); },
    onError: (error) => setConflict(error.code === 'changed_meanwhile'),
  });

  function mend(fix: TopologyFix): string | undefined {
    const after = applied(latest.current, fix.changes);
    if (typeof after === 'string') return after;
    change(after);
    return undefined;
  }

  return {
    topology, base, draft, past: history.past, dirty, mayChange, change, mend, selection, select, rebase,
    undo: history.past.length > 0 ? () => step('undo') : undefined,
    redo: history.future.length > 0 ? () => step('redo') : undefined,
    save: () => save.send(undefined), saveOver: (version: number) => save.send(version), saving: save.busy, saveError: conflict ? undefined : save.error, forget: save.reset,
    theirs: dirty ? theirs : undefined, conflict, setConflict,
    findings: useFindings(topology, draft, dirty, base.version),
  };
}

export type Editor = ReturnType<typeof useEditor>;

export interface Findings {
  answer: TopologyValidation | undefined;
  error: ApiError | undefined;
  busy: boolean;
  /** Looks at the servers themselves, for the drawing as it is now; what was seen stays until the drawing changes. */
  probe: () => void;
  probing: boolean;
  probeError: ApiError | undefined;
  probed: TopologyValidation | undefined;
  /** By the id of a node or an edge; the worst first. */
  of: ReadonlyMap<string, readonly TopologyFinding[]>;
  again: () => void;
}

const none: ReadonlyMap<string, readonly TopologyFinding[]> = new Map();
const weights = { error: 0, warning: 1, info: 2 };

/** Asks the server a moment after the last change. Only what may matter to the rules makes it ask again. */
function useFindings(topology: TopologyView, draft: Draft, dirty: boolean, version: number): Findings {
  const org = useOrg();
  const [state, setState] = useState<{ answer?: TopologyValidation; error?: ApiError; busy: boolean }>({ busy: true });
  const [turn, setTurn] = useState(0);
  const asked = useRef(false);
  const body = useMemo(() => (dirty ? JSON.stringify({ topologyData: wireOf({ nodes: draft.nodes.map((node) => ({ ...node, position: { x: 0, y: 0 } })), edges: draft.edges }), haConfig: draft.ha }) : ''), [dirty, draft.nodes, draft.edges, draft.ha]);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      asked.current = true;
      setState((before) => ({ ...before, busy: true }));
      send(api.validateTopology(topology.id, body ? (JSON.parse(body) as object) : {}), { org, signal: abort.signal }).then(
        (answer) => setState({ answer, busy: false }),
        (error: unknown) => { if (!abort.signal.aborted) setState((before) => ({ ...before, error: asApiError(error), busy: false })); },
      );
    }, asked.current ? 350 : 0);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [org, topology.id, body, version, turn]);
  // A look takes seconds and starts something on servers, so it is asked for; it is of one drawing, and of no other.
  const drawn = `${version} ${body}`;
  const [look, setLook] = useState<{ drawn: string; answer?: TopologyValidation; error?: ApiError; busy: boolean }>();
  const probe = useCallback(() => {
    setLook({ drawn, busy: true });
    const keep = (part: { answer?: TopologyValidation; error?: ApiError }) => setLook((now) => (now?.drawn === drawn ? { drawn, busy: false, ...part } : now));
    send(api.validateTopology(topology.id, { ...(body ? (JSON.parse(body) as object) : {}), probe: true }), { org }).then((answer) => keep({ answer }), (error: unknown) => keep({ error: asApiError(error) }));
  }, [org, topology.id, body, drawn]);
  const seen = look?.drawn === drawn ? look : undefined;
  const probed = seen?.answer;
  const answer = useMemo(() => (state.answer && probed ? { ...state.answer, ...counted(merged(state.answer.findings, probed.findings)) } : state.answer), [state.answer, probed]);
  const of = useMemo(() => {
    if (!answer) return none;
    const map = new Map<string, TopologyFinding[]>();
    for (const finding of answer.findings)
      for (const id of [...finding.nodeIds, ...finding.edgeIds]) map.set(id, [...(map.get(id) ?? []), finding]);
    for (const list of map.values()) list.sort((a, b) => weights[a.severity] - weights[b.severity]);
    return map;
  }, [answer]);
  return { ...state, answer, error: state.error, probe, probing: Boolean(seen?.busy), probeError: seen?.error, probed, of, again: () => setTurn((before) => before + 1) };
}

const counted = (findings: TopologyFinding[]) => ({ findings, errors: findings.filter((finding) => finding.severity === 'error').length, warnings: findings.filter((finding) => finding.severity === 'warning').length });
