import { useState } from 'react';
import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useOrg, useRefusal, useSend } from '../../api/hooks';
import type { PlanAction, PlanTopology, TopologyPlanView } from '../../api/types';
import { Link, usePaths } from '../../nav';
import { Action, Status, Tag, type Tone, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { ErrorNote } from '../../ui/Errors';
import { plural, words } from '../../ui/format';
import { failed } from '../../ui/toast';
import { OperationLine } from '../operations/OperationParts';
import { started } from '../operations/started';
import { FindingList } from './FindingList';
import { LastWork } from './LastWork';
import { actionWords, type Deployment, healthTones, healthWords, stateTones, stateWords } from './useDeployment';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

interface Props {
  editor: Editor;
  deployment: Deployment;
  refusal: string | undefined;
  onShow: (ids: readonly string[]) => void;
}

/** What runs of the drawing, what a deployment would do, and the way from the one to the other. */
export default function DeploymentPanel(props: Props) {
  const { deployment: { plan, deployment } } = props;
  if (plan) return <PlanView {...props} plan={plan} />;
  return (
    <div className={classes.form} role="group" aria-label="Deployment">
      {deployment ? <Running {...props} running={deployment} /> : <p className="dim">Nothing of it runs yet. A plan says what a deployment would do on which server, before it does it.</p>}
      {!deployment?.operationId && <LastWork topology={props.editor.topology.id} />}
      {deployment?.operationId ? undefined : <PlanForm {...props} />}
    </div>
  );
}

const tones: Record<string, Tone> = { deploying: 'busy', active: 'good', changing: 'busy', destroying: 'busy' };

function Running({ editor, deployment: { statuses }, running, onShow }: Props & { running: NonNullable<Deployment['deployment']> }) {
  const to = usePaths();
  const pick = (id: string) => { editor.select({ nodes: [id], edges: [] }); onShow([id]); };
  return (
    <>
      <p className={classes.fine}><Status tone={tones[running.status] ?? 'idle'}>{words(running.status)}</Status>{running.status === 'active' && <Status tone={healthTones[running.health]}>{healthWords[running.health]}</Status>}{running.deployedAt && <span className="dim">since <When at={running.deployedAt} /></span>}</p>
      <OperationLine id={running.operationId} narrow />
      {running.instanceId && <p><Link to={to.instance(running.instanceId)} inText>Its Odoo, with all of its tools</Link></p>}
      {running.changed && !running.operationId && <p className={classes.contradiction}>The drawing has changed since. A plan says what that means.</p>}
      <section className={classes.joins} aria-label="Nodes that run">
        <h3>{plural(statuses.size, 'node')}</h3>
        <ul>
          {[...statuses.values()].map((status) => (
            <li key={status.nodeId}><button type="button" onClick={() => pick(status.nodeId)}>{status.label}</button><Status tone={status.drift.length > 0 ? 'warn' : stateTones[status.state]}>{stateWords[status.state]}{status.drift.length > 0 && ', differs'}</Status></li>
          ))}
        </ul>
      </section>
      <Drift editor={editor} differing={[...statuses.values()].filter((status) => status.drift.length > 0).length} />
    </>
  );
}

/** Whether what somebody changed by hand is put right without asking, and a way to do it now. */
function Drift({ editor: { topology }, differing }: Pick<Props, 'editor'> & { differing: number }) {
  const org = useOrg();
  const refusal = useRefusal('manage:topologies');
  const permit = useSend((repairDrift: boolean) => api.updateTopology(topology.id, { repairDrift }));
  const repair = useSend(() => api.repairTopology(topology.id, {}), { onDone: (operation) => started(org, operation), onError: failed });
  return (
    <section className={classes.joins} aria-label="Differences">
      <Checkbox size="xs" label="Put right without asking" description="What somebody changed by hand on nodes that keep nothing." disabled={Boolean(refusal) || permit.busy} checked={permit.answer?.repairDrift ?? topology.repairDrift} onChange={(event) => permit.send(event.currentTarget.checked)} />
      <ErrorNote error={permit.error} />
      {differing > 0 && <Action size="compact-xs" variant="default" refusal={refusal} loading={repair.busy} onClick={() => repair.send(undefined)}>Put {plural(differing, 'node')} right</Action>}
    </section>
  );
}

function PlanForm({ editor, deployment: { deployment, make }, refusal }: Props) {
  const { dirty, topology, findings } = editor;
  const clients = useList(api.clients(), { enabled: useAllowed('view:agency') && !deployment });
  const templates = useList(api.templates(), { enabled: useAllowed('view:templates') && !deployment });
  const [values, setValues] = useState<PlanTopology>({});
  const set = (member: keyof PlanTopology, value: string | null) => setValues((before) => ({ ...before, [member]: value || undefined }));
  const errors = findings.answer?.errors ?? 0;
  // TP-A04: a node with data goes, or gets a new one. Only a person can say that it may.
  const lost = [...new Set((findings.answer?.findings ?? []).flatMap((finding) => (finding.code === 'TP-A04' && finding.severity === 'error' ? finding.nodeIds : [])))];
  const agreed = values.agreeToLose ?? [];
  const not = refusal ?? (dirty ? 'Save the drawing first: a plan is made of what is saved.' : undefined);
  return (
    <>
      {!deployment && (
        <>
          <Select size="xs" label="Whose Odoo it is" placeholder="This organization" clearable searchable data={(clients.rows ?? []).map((row) => ({ value: row.slug, label: row.name }))} value={values.organization ?? null} onChange={(value) => set('organization', value)} />
          <TextInput size="xs" label="Name of the instance" placeholder={topology.name} value={values.name ?? ''} maxLength={100} error={make.error?.fields.name} onChange={(event) => set('name', event.currentTarget.value)} />
          <TextInput size="xs" label="Address" description="Without one: the first host of the load balancer." placeholder="erp.example.com" value={values.domain ?? ''} error={make.error?.fields.domain} onChange={(event) => set('domain', event.currentTarget.value)} />
          <Select size="xs" label="Template" placeholder="The newest Odoo, plain" clearable searchable data={(templates.rows ?? []).map((row) => ({ value: row.id, label: row.name }))} value={values.templateId ?? null} onChange={(value) => set('templateId', value)} />
        </>
      )}
      {errors > 0 && !dirty && <p className="dim">{plural(errors, 'error')} of the rules {errors === 1 ? 'stands' : 'stand'} in the way of a deployment.</p>}
      {lost.map((id) => (
        <Checkbox key={id} size="xs" label={<>The data of <b>{deployment?.nodes.find((node) => node.nodeId === id)?.label ?? id}</b> may be lost</>} checked={agreed.includes(id)}
          onChange={(event) => { const { checked } = event.currentTarget; setValues((before) => ({ ...before, agreeToLose: checked ? [...agreed, id] : agreed.filter((other) => other !== id) })); }} />
      ))}
      <ErrorNote error={make.error} />
      <div className={classes.buttons}>
        <Action refusal={not} loading={make.busy} onClick={() => make.send(values)}>{deployment ? 'Plan the change' : 'Plan the deployment'}</Action>
        {deployment && <Action refusal={refusal} variant="default" onClick={() => make.send({ destroy: true })}>Plan its removal</Action>}
      </div>
    </>
  );
}

/** Of what is made or taken away there is no other side to compare with. */
const differs = (action: PlanAction['action'], { before, after }: PlanAction['changes'][number]) =>
  action === 'create' ? after : action === 'destroy' ? before : `${before ?? 'not set'} → ${after ?? 'not set'}`;

const verbs = { deploy: 'Deploy', change: 'Make these changes', destroy: 'Take it down' };

function PlanView({ editor, deployment: { deploy, forget, ghosts }, refusal, plan, onShow }: Props & { plan: TopologyPlanView }) {
  const [asking, setAsking] = useState(false);
  function pick(action: PlanAction) {
    const id = ghosts.find((ghost) => ghost.action === action)?.id ?? action.nodeId;
    editor.select({ nodes: [id], edges: [] });
    onShow([id]);
  }
  const doing = plan.actions.filter((action) => action.action !== 'keep');
  const kept = plan.actions.length - doing.length;
  return (
    <div className={classes.form} role="group" aria-label="Plan">
      <h2>{plan.kind === 'destroy' ? 'What removing it would do' : plan.kind === 'deploy' ? 'What deploying would do' : 'What the change would do'}</h2>
      <p className="dim break">{plan.instance.name} of {plan.instance.organization.name}, Odoo {plan.instance.odooVersion}, at {plan.instance.url}</p>
      {doing.length === 0 && <p>Nothing: all of it runs as it is drawn.</p>}
      <ol className={classes.actions}>
        {doing.map((action) => (
          <li key={`${action.nodeId} ${action.action}`} data-action={action.action}>
            <p><b>{actionWords[action.action]}</b> <button type="button" onClick={() => pick(action)}>{action.label}</button>{action.server && <span className="dim"> on {action.server.name}</span>}</p>
            <p>{action.message}</p>
            {action.changes.map((change) => <p key={change.setting} className="dim break"><span className="mono">{change.setting}</span>: {differs(action.action, change)}</p>)}
            {action.downtime && <p><Tag tone="warn">Downtime</Tag> {action.downtime}</p>}
            {action.dataRisk && <p><Tag tone="bad">Data</Tag> {action.dataRisk}</p>}
          </li>
        ))}
      </ol>
      {kept > 0 && <p className="dim">{kept === 1 ? '1 node stays as it is.' : `${kept} nodes stay as they are.`}</p>}
      {plan.findings.length > 0 && <><h3>To be accepted with it</h3><FindingList findings={plan.findings} editor={editor} onShow={onShow} /></>}
      <ErrorNote error={asking ? undefined : deploy.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={forget}>Back</Button>
        {doing.length > 0 && <Action refusal={refusal} color={plan.kind === 'destroy' ? 'red.8' : undefined} loading={deploy.busy} onClick={() => (plan.dataRisk || plan.downtime ? setAsking(true) : deploy.send(undefined))}>{verbs[plan.kind]}</Action>}
      </div>
      {asking && (
        <Confirm title={`${verbs[plan.kind]}: ${editor.topology.name}`} verb={verbs[plan.kind]} danger={plan.dataRisk} type={plan.dataRisk ? editor.topology.name : undefined} busy={deploy.busy} error={deploy.error} onConfirm={() => deploy.send(plan.dataRisk ? editor.topology.name : undefined)} onClose={() => setAsking(false)}>
          {plan.dataRisk ? 'Data may be lost that cannot be brought back.' : 'People will notice it for a while.'}
          <ul>{doing.filter((action) => action.dataRisk ?? action.downtime).map((action) => <li key={action.nodeId}>{action.label}: {action.dataRisk ?? action.downtime}</li>)}</ul>
        </Confirm>
      )}
    </div>
  );
}
