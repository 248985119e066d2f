import { useState } from 'react';
import { Button, Menu } from '@mantine/core';
import { IconCube, IconDots } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useRead, useRefusal, useSend } from '../../api/hooks';
import type { TemplateView } from '../../api/types';
import { Link, LinkButton, useGo, usePathPart, usePaths } from '../../nav';
import { CodeBlock, EmptyState, Facts, FactsSkeleton, Section, Status, Tag, Tags, When } from '../../ui/Bits';
import { ErrorState } from '../../ui/Errors';
import { bytes, megabytes } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { DataTable } from '../../ui/DataTable';
import { edition, InstanceStatusView } from '../instances/InstanceParts';
import { Page } from '../shell/Page';
import { DeleteTemplate } from './DeleteTemplate';

export default function TemplatePage() {
  const id = usePathPart('template');
  const to = usePaths();
  const crumbs = [{ label: 'Templates', to: to.templates }];
  const { data, error, reload } = useRead(api.template(id), { every: (now) => (now?.cache.some((item) => item.status === 'building') ? 4000 : false) });
  if (error && !data) return <Page title="Template" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!data) return <Page title="Template" crumbs={crumbs}><FactsSkeleton count={8} /></Page>;
  return <Loaded template={data} crumbs={crumbs} />;
}

function Loaded({ template, crumbs }: { template: TemplateView; crumbs: { label: string; to: string }[] }) {
  const to = usePaths();
  const go = useGo();
  const refusal = useRefusal('manage:templates');
  const [removing, setRemoving] = useState(false);
  const duplicate = useSend(() => api.duplicateTemplate(template.id), { onDone: (copy) => { done(`${copy.name} is made.`); go(to.editTemplate(copy.id)); }, onError: failed });
  const instances = useList(api.instances({ template: template.id }), { every: () => 30_000 });
  const lines = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => `${key}=${value}`).join('\n');
  return (
    <Page
      title={template.name}
      crumbs={crumbs}
      lead={template.description}
      aside={template.isPublic ? <Tag>Clients can see it</Tag> : undefined}
      actions={
        <>
          <LinkButton to={to.editTemplate(template.id)} variant="default">Edit</LinkButton>
          <Menu position="bottom-end" width={160}>
            <Menu.Target><Button variant="default" px={8} aria-label="More actions"><IconDots size={16} aria-hidden /></Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item disabled={Boolean(refusal)} onClick={() => duplicate.send(undefined)}>Duplicate</Menu.Item>
              <Menu.Divider />
              <Menu.Item disabled={Boolean(refusal)} color="var(--oc-bad)" onClick={() => setRemoving(true)}>Delete</Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <LinkButton to={to.newInstance({ template: template.id })}>Provision</LinkButton>
        </>
      }
    >
      <Section title="Settings">
        <Facts items={[
          ['Odoo', edition(template)],
          ['Image', <span key="i" className="mono">{template.image ?? 'of the catalog'}</span>],
          ['Workers', template.defaultWorkers || 'threaded mode'],
          ['Memory', template.memoryMb ? megabytes(template.memoryMb) : 'by workers'],
          ['Processor', template.cpus ? `${template.cpus} cores` : 'no limit'],
          ['Languages', <Tags key="l" items={template.languages} none="English" />],
          ['Demo data', template.demoData ? 'loaded' : 'none'],
          ['Changed', <When key="u" at={template.updatedAt} />],
        ]} />
      </Section>
      <Section title={`Modules (${template.moduleList.length})`}><Tags items={template.moduleList} none="none but the base" /></Section>
      {Object.keys(template.defaultEnvVars).length > 0 && <Section title="Environment"><CodeBlock text={lines(template.defaultEnvVars)} label="Copy environment" /></Section>}
      {Object.keys(template.config).length > 0 && <Section title="odoo.conf"><CodeBlock text={lines(template.config)} label="Copy configuration" /></Section>}
      {template.addonRepositories.length > 0 && (
        <Section title="Add-on repositories">
          <Facts min={420} items={template.addonRepositories.map((item) => [item.branch ?? 'default branch', <span key={item.url} className="mono">{item.url}</span>])} />
        </Section>
      )}
      {template.cache.length > 0 && (
        <Section title="Prepared databases" note="A database with the modules is kept on each server, so that an instance is there in seconds.">
          <Facts items={template.cache.map((item) => [item.server.name, (
            <span key={item.server.id}>
              <Status tone={item.status === 'ready' ? 'good' : item.status === 'failed' ? 'bad' : 'busy'}>{item.status === 'ready' ? 'Ready' : item.status === 'failed' ? 'Failed' : 'Building'}</Status>
              {item.error ? <div className="dim">{item.error}</div> : item.readyAt && <span className="dim"> {item.sizeBytes ? `${bytes(item.sizeBytes)}, ` : ''}<When at={item.readyAt} /></span>}
            </span>
          )])} />
        </Section>
      )}
      <Section title="Instances made from it">
        <DataTable label="Instances" noun="instance" list={instances} rowKey={(row) => row.id} filter={(row) => row.template?.id === template.id} columns={[
          { key: 'name', header: 'Instance', render: (row) => <Link to={to.instance(row.id)} strong>{row.name}</Link> },
          { key: 'client', header: 'Organization', render: (row) => row.organization.name },
          { key: 'status', header: 'Status', render: (row) => <InstanceStatusView instance={row} /> },
          { key: 'server', header: 'Server', render: (row) => row.server.name },
          { key: 'created', header: 'Created', align: 'right', render: (row) => <When at={row.createdAt} /> },
        ]} empty={
          <EmptyState icon={<IconCube size={28} stroke={1.5} aria-hidden />} title="None yet" action={<LinkButton to={to.newInstance({ template: template.id })}>Provision</LinkButton>} />
        } />
      </Section>
      {removing && <DeleteTemplate template={template} onClose={() => setRemoving(false)} onDone={() => go(to.templates)} />}
    </Page>
  );
}
