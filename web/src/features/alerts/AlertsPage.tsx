import { useState } from 'react';
import { Button, NumberInput, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { IconBellRinging } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useRefusal, useSend } from '../../api/hooks';
import type { AlertRuleView, AlertView, CreateAlertRule, UpdateAlertRule } from '../../api/types';
import { useUrlState } from '../../nav';
import { Action, EmptyState, Section, Status, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { bytes, duration, words } from '../../ui/format';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';

const metrics = {
  server: ['cpu', 'memory_percent', 'disk_percent', 'load', 'health'],
  instance: ['health', 'latency', 'cpu', 'memory_percent', 'connections', 'database', 'filestore', 'certificate_days', 'backup_age', 'drift'],
};
type Subject = keyof typeof metrics;

const valueOf = (value: number, unit: string) => (unit === 'bytes' ? bytes(value) : unit === 'percent' ? `${value} %` : unit === 'milliseconds' ? `${value} ms` : unit === 'hours' || unit === 'days' ? `${value} ${unit}` : String(value));

export default function AlertsPage() {
  const refusal = useRefusal('manage:monitoring');
  const [dialog, setDialog] = useUrlState('dialog');
  const sort = useUrlState('sort');
  const rules = useList(api.alertRules(), { every: () => 15_000 });
  const alerts = useList(api.alerts(), { every: () => 15_000 });
  const [editing, setEditing] = useState<AlertRuleView>();
  const [removing, setRemoving] = useState<AlertRuleView>();
  const remove = useSend((row: AlertRuleView) => api.deleteAlertRule(row.id), { onDone: () => { setRemoving(undefined); done('The rule is deleted.'); } });
  const create = <Action refusal={refusal} onClick={() => setDialog('new')}>New alert rule</Action>;
  const columns: Column<AlertRuleView>[] = [
    { key: 'name', header: 'Name', sort: (row) => row.name, render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
    { key: 'of', header: 'Watches', render: (row) => row.of?.name ?? `every ${row.subject}` },
    { key: 'when', header: 'When', render: (row) => `${words(row.metric)} ${row.when} ${valueOf(row.threshold, row.unit)} for ${duration(row.forSeconds * 1000)}` },
    { key: 'state', header: 'Now', render: (row) => (!row.isActive ? <Status tone="idle">off</Status> : row.raised > 0 ? <Status tone="bad">{`${row.raised} raised`}</Status> : <Status tone="good">quiet</Status>) },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => !refusal && (
        <>
          <Button variant="subtle" size="compact-xs" onClick={() => setEditing(row)} aria-label={`Edit ${row.name}`}>Edit</Button>
          <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" onClick={() => { remove.reset(); setRemoving(row); }} aria-label={`Delete ${row.name}`}>Delete</Button>
        </>
      ),
    },
  ];
  const raised: Column<AlertView>[] = [
    { key: 'state', header: 'State', render: (row) => (row.clearedAt ? <Status tone="idle">over</Status> : <Status tone="bad">raised</Status>) },
    { key: 'rule', header: 'Rule', render: (row) => row.rule },
    { key: 'of', header: 'Of', render: (row) => row.subjectName },
    { key: 'value', header: 'Value', render: (row) => `${words(row.metric)} ${valueOf(Math.round(row.value * 10) / 10, row.unit)}` },
    { key: 'at', header: 'Raised', align: 'right', render: (row) => <When at={row.raisedAt} /> },
    { key: 'over', header: 'Over', align: 'right', render: (row) => <When at={row.clearedAt} /> },
  ];
  return (
    <Page title="Alerts" lead="Who is told when a figure stays too high or too low: by mail, and by webhooks." actions={create}>
      <DataTable label="Alert rules" noun="rule" list={rules} columns={columns} rowKey={(row) => row.id} sort={sort} empty={
        <EmptyState icon={<IconBellRinging size={28} stroke={1.5} aria-hidden />} title="No alert rules" action={create}>A rule watches all servers or all instances, or one of them.</EmptyState>
      } />
      <div style={{ marginTop: 24 }}>
        <Section title="What was raised"><DataTable label="Alerts" noun="alert" list={alerts} columns={raised} rowKey={(row) => row.id} empty={<EmptyState title="Nothing was raised" />} /></Section>
      </div>
      {dialog === 'new' && !refusal && <CreateDialog onClose={() => setDialog(null)} />}
      {editing && <EditDialog rule={editing} onClose={() => setEditing(undefined)} />}
      {removing && (
        <Confirm title={`Delete ${removing.name}`} verb="Delete rule" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>
          Its alerts go with it.
        </Confirm>
      )}
    </Page>
  );
}

interface Values { name: string; threshold: number; minutes: number; emails: string[] }

function Common({ values, onChange, errors = {} }: { values: Values; onChange: (values: Values) => void; errors?: Record<string, string> }) {
  return (
    <>
      <NumberInput size="sm" label="Threshold" description="In percent, bytes, milliseconds or a count, as the figure is." min={0} value={values.threshold} onChange={(value) => onChange({ ...values, threshold: Number(value) || 0 })} error={errors.threshold} />
      <NumberInput size="sm" label="For minutes" description="How long it has to last before the alert is raised." min={0} max={1440} value={values.minutes} onChange={(value) => onChange({ ...values, minutes: Number(value) || 0 })} error={errors.forSeconds} />
      <TagsInput size="sm" label="Mail to" description="Nobody where it is empty; webhooks are told in any case." placeholder={values.emails.length ? '' : 'ops@example.com'} value={values.emails} onChange={(emails) => onChange({ ...values, emails })} error={errors.emails} />
    </>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }) {
  const [subject, setSubject] = useState<Subject>('instance');
  const [metric, setMetric] = useState('health');
  const [when, setWhen] = useState('below');
  const [of, setOf] = useState<string | null>(null);
  const [values, setValues] = useState<Values>({ name: '', threshold: 50, minutes: 5, emails: [] });
  const servers = useList(api.servers(), { enabled: subject === 'server' });
  const instances = useList(api.instances(), { enabled: subject === 'instance' });
  const create = useSend((body: CreateAlertRule) => api.createAlertRule(body), { onDone: (made) => { done(`${made.name} watches.`); onClose(); } });
  const errors = create.error?.fields ?? {};
  return (
    <Dialog onClose={onClose} title="New alert rule">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (values.name.trim()) create.send({ name: values.name.trim(), subject, subjectId: of, metric, when, threshold: values.threshold, forSeconds: values.minutes * 60, emails: values.emails }); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" placeholder="Disk is filling up" data-autofocus value={values.name} onChange={(event) => setValues({ ...values, name: event.currentTarget.value })} error={errors.name} />
          <Select size="sm" label="Watches" allowDeselect={false} data={[{ value: 'instance', label: 'Instances' }, { value: 'server', label: 'Servers' }]} value={subject} onChange={(value) => { setSubject(value as Subject); setMetric(metrics[value as Subject][0] ?? ''); setOf(null); }} />
          <Select size="sm" label="Only" placeholder={`Every ${subject}`} clearable searchable data={(subject === 'server' ? servers : instances).rows?.map((row) => ({ value: row.id, label: row.name })) ?? []} value={of} onChange={setOf} error={errors.subjectId} />
          <Select size="sm" label="Figure" allowDeselect={false} data={metrics[subject].map((value) => ({ value, label: words(value) }))} value={metric} onChange={(value) => setMetric(value ?? '')} error={errors.metric} />
          <Select size="sm" label="When it is" allowDeselect={false} data={['above', 'below']} value={when} onChange={(value) => setWhen(value ?? 'above')} />
          <Common values={values} onChange={setValues} errors={errors} />
          <ErrorNote error={create.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Action type="submit" loading={create.busy} refusal={values.name.trim() ? undefined : 'Give the rule a name.'}>Create rule</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function EditDialog({ rule, onClose }: { rule: AlertRuleView; onClose: () => void }) {
  const [values, setValues] = useState<Values>({ name: rule.name, threshold: rule.threshold, minutes: rule.forSeconds / 60, emails: [...rule.emails] });
  const [isActive, setActive] = useState(rule.isActive);
  const update = useSend((body: UpdateAlertRule) => api.updateAlertRule(rule.id, body), { onDone: (saved) => { done(`${saved.name} is saved.`); onClose(); } });
  return (
    <Dialog onClose={onClose} title={`Edit ${rule.name}`}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (values.name.trim()) update.send({ name: values.name.trim(), threshold: values.threshold, forSeconds: Math.round(values.minutes * 60), emails: values.emails, isActive }); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" data-autofocus value={values.name} onChange={(event) => setValues({ ...values, name: event.currentTarget.value })} error={update.error?.fields.name} />
          <Common values={values} onChange={setValues} errors={update.error?.fields} />
          <Switch size="sm" label="Watch" checked={isActive} onChange={(event) => setActive(event.currentTarget.checked)} />
          <ErrorNote error={update.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Action type="submit" loading={update.busy} refusal={values.name.trim() ? undefined : 'Give the rule a name.'}>Save rule</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
