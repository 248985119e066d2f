import { useState } from 'react';
import { ActionIcon, Button, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { IconCopyPlus, IconTrash, IconX } from '@tabler/icons-react';
import { changed, type DrawnNode, duplicated, fitting, joined, labelOf, serverOf, textOf, without, withMember } from './drawing';
import { Credential } from './Credential';
import { FindingList } from './FindingList';
import { common, type Field, hasServer, kindOf } from './kinds';
import { KindIcon } from './KindIcon';
import { NodeStatus } from './NodeStatus';
import { ServerPicker } from './ServerPicker';
import type { Place } from './servers';
import type { Deployment } from './useDeployment';
import { nothing, type Editor } from './useEditor';
import classes from './topologies.module.css';

export default function NodeForm({ editor, node, servers, deployment, onShow }: { editor: Editor; node: DrawnNode; servers: Place[]; deployment: Deployment; onShow: (ids: readonly string[]) => void }) {
  const { draft, change, select, mayChange } = editor;
  const kind = kindOf(node.type);
  const set = (member: string, value: unknown) => change((now) => changed(now, [node.id], (item) => withMember(item, member, value)), `${node.id} ${member}`);
  const fields = kind?.fields ?? [];
  const rare = [...fields.filter((field) => field.rare), ...common];
  const place = textOf(node, 'place');
  const mates = place ? draft.nodes.filter((other) => other !== node && textOf(other, 'place') === place && serverOf(other) !== serverOf(node)) : [];
  const own = editor.findings.of.get(node.id) ?? [];
  const status = deployment.statuses.get(node.id);
  const credential = node.type === 's3' ? textOf(node, 'credential') : undefined;
  return (
    <div className={classes.form} role="group" aria-label={`Settings of ${labelOf(node)}`}>
      <header className={classes.formHead}>
        <span className={classes.cardIcon} data-family={kind?.family}><KindIcon type={node.type} /></span>
        <div><h2>{labelOf(node)}</h2><small className="dim">{kind?.label ?? node.type} · <span className="mono">{node.id}</span></small></div>
        {mayChange && (
          <>
            <ActionIcon variant="subtle" color="gray" aria-label="Duplicate node" title="Duplicate (Ctrl+D)" onClick={() => { const { draft: after, ids } = duplicated(draft, [node.id]); change(after); select({ nodes: ids, edges: [] }); }}><IconCopyPlus size={16} aria-hidden /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" aria-label="Remove node" title="Remove (Delete)" onClick={() => { change(without(draft, [node.id], [])); select(nothing); }}><IconTrash size={16} aria-hidden /></ActionIcon>
          </>
        )}
      </header>
      {status && <NodeStatus topology={editor.topology.id} status={status} />}
      {own.length > 0 && <FindingList findings={own} editor={editor} onShow={onShow} here={node.id} />}
      <TextInput size="xs" label="Name" value={textOf(node, 'label') ?? ''} placeholder={node.id} maxLength={100} readOnly={!mayChange} onChange={(event) => set('label', event.currentTarget.value)} />
      {hasServer(node.type) && (
        <div>
          <ServerPicker label="Server" servers={servers} draft={draft} value={serverOf(node)} readOnly={!mayChange} onChange={(server) => set('serverId', server)} description={place ? `Place: ${place}` : undefined} />
          {mayChange && mates.length > 0 && serverOf(node) && (
            <Button variant="subtle" size="compact-xs" mt={4} onClick={() => change((now) => changed(now, mates.map((mate) => mate.id), (item) => withMember(item, 'serverId', serverOf(node))))}>
              Put {mates.map(labelOf).join(', ')} there too
            </Button>
          )}
        </div>
      )}
      {fields.filter((field) => !field.rare).map((field) => <Member key={field.name} field={field} node={node} onChange={(value) => set(field.name, value)} readOnly={!mayChange} />)}
      {credential && <Credential key={credential} topology={editor.topology.id} name={credential} mayChange={mayChange} />}
      <Connections editor={editor} node={node} />
      <details className={classes.rare} open={rare.some((field) => field.name !== 'place' && node.data[field.name] !== undefined) || undefined}>
        <summary>More settings</summary>
        <div className={classes.form}>{rare.map((field) => <Member key={field.name} field={field} node={node} onChange={(value) => set(field.name, value)} readOnly={!mayChange} />)}</div>
      </details>
    </div>
  );
}

/** Empty is: as it is without. What does not fit is kept and named by TP-S01. */
function Member({ field, node, onChange, readOnly }: { field: Field; node: DrawnNode; onChange: (value: unknown) => void; readOnly: boolean }) {
  const value = node.data[field.name];
  const shared = { size: 'xs' as const, label: field.label, description: field.hint, readOnly };
  if (field.as === 'number')
    return <NumberInput {...shared} min={field.min} max={field.max} clampBehavior="none" allowDecimal={field.name === 'cpus'} placeholder={field.otherwise === undefined ? '' : String(field.otherwise)} value={typeof value === 'number' ? value : ''} onChange={(next) => onChange(typeof next === 'number' ? next : undefined)} />;
  if (field.as === 'text')
    return <TextInput {...shared} value={typeof value === 'string' ? value : ''} spellCheck={false} onChange={(event) => onChange(event.currentTarget.value)} />;
  if (field.as === 'list')
    return <TagsInput {...shared} value={Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []} onChange={(next) => onChange(next.length > 0 ? next : undefined)} />;
  const options = field.as === 'flag' ? [['true', 'Yes'], ['false', 'No']] as [string, string][] : (field.options ?? []);
  const usual = options.find(([option]) => option === String(field.otherwise ?? (field.as === 'flag' ? false : '')))?.[1];
  const unbuilt = (option: string) => field.unbuilt?.includes(option) ?? false;
  return (
    <Select {...shared} data={options.map(([option, label]) => ({ value: option, label: unbuilt(option) ? `${label} (not built)` : label, disabled: unbuilt(option) && value !== option }))} placeholder={usual ? `${usual} (usual)` : 'Not said'} clearable={!readOnly} clearButtonProps={{ 'aria-label': `Clear ${field.label}` }}
      value={value === undefined ? null : String(value)} onChange={(next) => onChange(next === null ? undefined : field.as === 'flag' ? next === 'true' : next)} />
  );
}

function Connections({ editor, node }: { editor: Editor; node: DrawnNode }) {
  const { draft, change, select, mayChange } = editor;
  const [anew, setAnew] = useState(0);
  const byId = new Map(draft.nodes.map((other) => [other.id, other]));
  const lines = draft.edges.filter((edge) => edge.source === node.id || edge.target === node.id);
  const others = draft.nodes.filter((other) => fitting(draft, node.id, other.id));
  return (
    <section className={classes.joins} aria-label="Connections">
      <h3>Connections</h3>
      {lines.length === 0 && <p className="dim">None yet.</p>}
      <ul>
        {lines.map((edge) => {
          const uses = edge.source === node.id;
          const other = byId.get(uses ? edge.target : edge.source);
          const name = other ? labelOf(other) : (uses ? edge.target : edge.source);
          return (
            <li key={edge.id}>
              <span className="dim">{uses ? 'uses' : 'used by'}</span>
              <button type="button" onClick={() => other && select({ nodes: [other.id], edges: [] })}>{name}</button>
              {mayChange && <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Disconnect ${name}`} onClick={() => change(without(draft, [], [edge.id]))}><IconX size={13} aria-hidden /></ActionIcon>}
            </li>
          );
        })}
      </ul>
      {mayChange && others.length > 0 && (
        <Select key={anew} size="xs" withScrollArea={false} classNames={{ options: classes.options }} aria-label="Connect with" placeholder="Connect with …" searchable={others.length > 6} data={others.map((other) => ({ value: other.id, label: labelOf(other) }))}
          onChange={(id) => { if (id) { change((now) => joined(now, node.id, id)); setAnew(anew + 1); } }} />
      )}
    </section>
  );
}
