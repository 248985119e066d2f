import { useState } from 'react';
import { Button, Checkbox, NumberInput, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconReceipt } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useSend } from '../../api/hooks';
import type { AdminOrganizationView, CreatePlan, PlanLimits, PlanView } from '../../api/types';
import { useUrlState } from '../../nav';
import { EmptyState, Tag, Tags, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { named, words } from '../../ui/format';
import { done } from '../../ui/toast';
import { SearchBox, Toolbar } from '../../ui/Toolbar';
import { NotFound } from '../shell/NotFound';
import { Page, useTab } from '../shell/Page';

const tabs = [{ value: 'plans', label: 'Plans' }, { value: 'organizations', label: 'Organizations' }];
const features = ['agency', 'topologies', 'templates', 'white_label', 'backups'];
const limits: [keyof PlanLimits, string][] = [['clients', 'Clients'], ['instances', 'Instances'], ['servers', 'Servers'], ['members', 'Members'], ['storageGb', 'Storage in GB']];

export default function PlansPage() {
  const me = useMe();
  const [tab] = useTab(tabs.map((item) => item.value));
  const [dialog, setDialog] = useUrlState('dialog');
  if (!me.isOperator) return <NotFound />;
  return (
    <Page title="Plans" lead="What each organization of this installation may use." tabs={tabs} actions={<Button onClick={() => setDialog('new')}>New plan</Button>}>
      {tab === 'plans' ? <Plans /> : <Organizations />}
      {dialog === 'new' && <PlanDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}

function Plans() {
  const sort = useUrlState('sort');
  const list = useList(api.plans());
  const [editing, setEditing] = useState<PlanView>();
  const [removing, setRemoving] = useState<PlanView>();
  const remove = useSend((plan: PlanView) => api.deletePlan(plan.id), { onDone: () => { setRemoving(undefined); done('The plan is deleted.'); } });
  const limit = (value: number | null | undefined) => value ?? <span className="dim">no limit</span>;
  const columns: Column<PlanView>[] = [
    { key: 'name', header: 'Plan', sort: (row) => row.name, render: (row) => <span className="nowrap"><b style={{ fontWeight: 500 }}>{row.name}</b>{row.isDefault && <> <Tag>for new ones</Tag></>}</span> },
    { key: 'features', header: 'Features', render: (row) => <Tags items={row.features.map(words)} most={2} none="none" /> },
    ...limits.slice(0, 4).map(([key, header]): Column<PlanView> => ({ key, header, align: 'right', render: (row) => limit(row.limits[key]) })),
    { key: 'organizations', header: 'Organizations', align: 'right', sort: (row) => row.organizations, render: (row) => row.organizations },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => (
        <>
          <Button variant="subtle" size="compact-xs" aria-label={`Edit ${row.name}`} onClick={() => setEditing(row)}>Edit</Button>
          <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" aria-label={`Delete ${row.name}`} onClick={() => { remove.reset(); setRemoving(row); }}>Delete</Button>
        </>
      ),
    },
  ];
  return (
    <>
      <DataTable label="Plans" noun="plan" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={<EmptyState icon={<IconReceipt size={28} stroke={1.5} aria-hidden />} title="No plans" />} />
      {editing && <PlanDialog plan={editing} onClose={() => setEditing(undefined)} />}
      {removing && <Confirm title={`Delete ${removing.name}`} verb="Delete plan" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>A plan that organizations are on cannot be deleted.</Confirm>}
    </>
  );
}

function PlanDialog({ plan, onClose }: { plan?: PlanView; onClose: () => void }) {
  const [names, setNames] = useState({ name: plan?.name ?? '', slug: plan?.slug ?? '' });
  const [has, setHas] = useState(plan?.features ?? []);
  const [most, setMost] = useState<PlanLimits>(plan?.limits ?? {});
  const [isDefault, setDefault] = useState(plan?.isDefault ?? false);
  const save = useSend(
    ({ slug, ...body }: CreatePlan) => (plan ? api.updatePlan(plan.id, body) : api.createPlan({ slug, ...body })),
    { onDone: (saved) => { done(`${saved.name} is saved.`); onClose(); } },
  );
  return (
    <Dialog onClose={onClose} title={plan ? `Edit ${plan.name}` : 'New plan'}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); save.send({ name: names.name.trim(), slug: names.slug, features: has, limits: most, isDefault }); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" data-autofocus value={names.name} onChange={(event) => setNames(plan ? { ...names, name: event.currentTarget.value } : named(names, event.currentTarget.value))} error={save.error?.fields.name} />
          {!plan && <TextInput size="sm" label="Slug" value={names.slug} onChange={(event) => setNames({ ...names, slug: event.currentTarget.value })} error={save.error?.fields.slug} />}
          <Checkbox.Group label="Features" size="sm" value={has} onChange={setHas}>
            <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 8, marginTop: 6 }}>{features.map((feature) => <Checkbox key={feature} size="xs" value={feature} label={words(feature)} />)}</div>
          </Checkbox.Group>
          <Text size="sm" fw={500}>Limits <span className="dim" style={{ fontWeight: 400 }}>(no limit where it is empty)</span></Text>
          <div style={{ display: 'grid', gridTemplateColumns: 'repeat(3, minmax(0, 1fr))', gap: 10 }}>
            {limits.map(([key, label]) => <NumberInput key={key} size="xs" label={label} min={0} max={1_000_000} hideControls placeholder="no limit" value={most[key] ?? ''} onChange={(value) => setMost({ ...most, [key]: value === '' ? undefined : Number(value) })} />)}
          </div>
          <Switch size="sm" label="New organizations start on it" checked={isDefault} onChange={(event) => setDefault(event.currentTarget.checked)} />
          <ErrorNote error={save.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={save.busy}>{plan ? 'Save plan' : 'Create plan'}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function Organizations() {
  const q = useUrlState('q');
  const sort = useUrlState('sort');
  const list = useList(api.adminOrganizations({ q: q[0] }));
  const [assigning, setAssigning] = useState<AdminOrganizationView>();
  const columns: Column<AdminOrganizationView>[] = [
    { key: 'name', header: 'Organization', sort: (row) => row.name, render: (row) => <b style={{ fontWeight: 500 }}>{row.name}</b> },
    { key: 'slug', header: 'Slug', render: (row) => <span className="mono dim">{row.slug}</span> },
    { key: 'kind', header: 'Kind', sort: (row) => row.kind, render: (row) => words(row.kind) },
    { key: 'plan', header: 'Plan', sort: (row) => row.plan, render: (row) => row.plan },
    { key: 'created', header: 'Created', align: 'right', sort: (row) => row.createdAt, render: (row) => <When at={row.createdAt} /> },
    { key: 'actions', header: 'Actions', actions: true, render: (row) => <Button variant="subtle" size="compact-xs" aria-label={`Change plan of ${row.name}`} onClick={() => setAssigning(row)}>Change plan</Button> },
  ];
  return (
    <>
      <Toolbar><SearchBox label="Search organizations" state={q} /></Toolbar>
      <DataTable label="Organizations" noun="organization" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={<EmptyState title="No organization matches" />} />
      {assigning && <AssignDialog organization={assigning} onClose={() => setAssigning(undefined)} />}
    </>
  );
}

function AssignDialog({ organization, onClose }: { organization: AdminOrganizationView; onClose: () => void }) {
  const plans = useList(api.plans());
  const [plan, setPlan] = useState<string | null>(null);
  const value = plan ?? plans.rows?.find((item) => item.name === organization.plan || item.slug === organization.plan)?.id ?? null;
  const save = useSend((chosen: string) => api.assignPlan(organization.id, { plan: chosen }), { onDone: () => { done(`${organization.name} has another plan now.`); onClose(); } });
  return (
    <Dialog onClose={onClose} title={`Plan of ${organization.name}`}>
      <Stack gap="sm">
        <Select size="sm" label="Plan" allowDeselect={false} data-autofocus data={plans.rows?.map((item) => ({ value: item.id, label: item.name })) ?? []} value={value} onChange={setPlan} />
        <ErrorNote error={save.error ?? plans.error} />
        <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button loading={save.busy} disabled={!value} onClick={() => value && save.send(value)}>Save</Button></FormActions>
      </Stack>
    </Dialog>
  );
}
