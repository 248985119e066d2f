import { useState } from 'react';
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconTemplate } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useRefusal, useSend } from '../../api/hooks';
import type { TemplateView } from '../../api/types';
import { Link, LinkButton, useGo, usePaths, useUrlState } from '../../nav';
import { EmptyState, Status, Tags } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { done, failed } from '../../ui/toast';
import { SearchBox, Toolbar } from '../../ui/Toolbar';
import { edition } from '../instances/InstanceParts';
import { Page, useTab } from '../shell/Page';
import { DeleteTemplate } from './DeleteTemplate';
import { Enterprise } from './Enterprise';

const tabs = [{ value: 'templates', label: 'Templates' }, { value: 'enterprise', label: 'Enterprise sources' }];

export default function TemplatesPage() {
  const to = usePaths();
  const [tab] = useTab(tabs.map((item) => item.value));
  const may = useAllowed('manage:templates');
  return (
    <Page title="Templates" tabs={tabs} actions={may ? <LinkButton to={to.newTemplate}>New template</LinkButton> : undefined}>
      {tab === 'templates' ? <Templates /> : <Enterprise />}
    </Page>
  );
}

function Templates() {
  const to = usePaths();
  const go = useGo();
  const q = useUrlState('q');
  const sort = useUrlState('sort');
  const refusal = useRefusal('manage:templates');
  const [removing, setRemoving] = useState<TemplateView>();
  const list = useList(api.templates({ q: q[0] }));
  const duplicate = useSend((row: TemplateView) => api.duplicateTemplate(row.id), { onDone: (copy) => { done(`${copy.name} is made.`); go(to.editTemplate(copy.id)); }, onError: failed });
  const columns: Column<TemplateView>[] = [
    { key: 'name', header: 'Template', sort: (row) => row.name, render: (row) => <><Link to={to.template(row.id)} strong>{row.name}</Link><div className="dim clip" style={{ fontSize: 12, maxWidth: 216 }}>{row.description}</div></> },
    { key: 'odoo', header: 'Odoo', sort: (row) => row.odooVersion, render: (row) => <span className="nowrap">{edition(row)}</span> },
    { key: 'modules', header: 'Modules', render: (row) => <Tags items={row.moduleList} most={2} none="none" /> },
    { key: 'workers', header: 'Workers', align: 'right', sort: (row) => row.defaultWorkers, render: (row) => row.defaultWorkers || 'threaded' },
    { key: 'cache', header: 'Ready on', render: (row) => <CacheState template={row} /> },
    { key: 'instances', header: 'Instances', align: 'right', sort: (row) => row.instanceCount, render: (row) => row.instanceCount },
    { key: 'public', header: 'Clients', render: (row) => (row.isPublic ? 'visible' : <span className="dim">hidden</span>) },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => (
        <Menu position="bottom-end" width={170}>
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${row.name}`}><IconDots size={16} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => go(to.newInstance({ template: row.id }))}>Provision</Menu.Item>
            <Menu.Item disabled={Boolean(refusal)} onClick={() => go(to.editTemplate(row.id))}>Edit</Menu.Item>
            <Menu.Item disabled={Boolean(refusal)} onClick={() => duplicate.send(row)}>Duplicate</Menu.Item>
            <Menu.Divider />
            <Menu.Item disabled={Boolean(refusal)} color="var(--oc-bad)" onClick={() => setRemoving(row)}>Delete</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <Toolbar><SearchBox label="Search templates" state={q} /></Toolbar>
      <DataTable label="Templates" noun="template" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={
        q[0] ? <EmptyState title="No template matches">Try another word.</EmptyState> : (
          <EmptyState icon={<IconTemplate size={28} stroke={1.5} aria-hidden />} title="No templates yet" action={refusal ? undefined : <LinkButton to={to.newTemplate}>New template</LinkButton>}>
            A template keeps the Odoo version, the modules and the settings that your instances start with.
          </EmptyState>
        )
      } />
      {removing && <DeleteTemplate template={removing} onClose={() => setRemoving(undefined)} onDone={() => setRemoving(undefined)} />}
    </>
  );
}

export function CacheState({ template }: { template: TemplateView }) {
  const { cache } = template;
  if (cache.length === 0) return <span className="dim">–</span>;
  const ready = cache.filter((item) => item.status === 'ready').length;
  const broken = cache.some((item) => item.status === 'failed');
  const text = `${ready} of ${cache.length}`;
  return <Status tone={broken ? 'warn' : ready < cache.length ? 'busy' : 'good'}>{text}</Status>;
}
