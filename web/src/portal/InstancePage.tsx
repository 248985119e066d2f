import { lazy, Suspense, useState } from 'react';
import { Anchor, Button } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { api } from '../api/endpoints';
import { useAllowed, useRead, useSend } from '../api/hooks';
import type { InstanceView, OperationView } from '../api/types';
import { usePathPart } from '../nav';
import { useTexts } from '../texts/texts';
import { Action, Facts, FactsSkeleton, Meter, Section, When } from '../ui/Bits';
import { ErrorState } from '../ui/Errors';
import { bytes, megabytes } from '../ui/format';
import { later } from '../ui/later';
import { LaterMenu } from '../ui/LaterMenu';
import { done, failed } from '../ui/toast';
import { OpenButton } from './HomePage';
import { busy, InstanceState, PortalPage, useTool } from './parts';
import { useSwitches } from './switches';

// Who opens one tab does not load what is behind the others.
const Confirm = later(async () => (await import('../ui/Confirm')).Confirm, null);
const Monitoring = later(async () => (await import('../features/monitoring/Monitoring')).Monitoring);
const Activity = later(async () => (await import('./Activity')).Activity);
const InstanceLog = later(async () => (await import('./InstanceLog')).InstanceLog);
const InstanceTerminal = later(async () => (await import('../features/terminals/InstanceTerminals')).InstanceTerminal);
const InstanceOdooShell = later(async () => (await import('../features/terminals/InstanceTerminals')).InstanceOdooShell);
const Files = later(async () => (await import('../features/files/Files')).Files);
const Domains = later(async () => (await import('../features/domains/Domains')).Domains);
const InstanceDatabases = later(async () => (await import('../features/databases/InstanceDatabases')).InstanceDatabases);
const InstanceBackups = later(async () => (await import('../features/backups/InstanceBackups')).InstanceBackups);

// Only who has such an Odoo loads what draws it.
const Architecture = lazy(async () => ({ default: (await import('../features/topologies/Architecture')).Architecture }));

type Verb = 'start' | 'stop' | 'restart';

/** One tab for each tool that is switched on; a tool that comes later is one line here. */
function useTools() {
  const { portal: t, terminal, files, domains, databases, backups } = useTexts();
  const mayBackups = useAllowed('view:backups');
  const may = useAllowed('manage:instances');
  const switches = useSwitches();
  const logs = switches?.featureLogs ?? true;
  return [
    { value: 'overview', label: t.overview, shown: true },
    { value: 'monitoring', label: t.monitoring, shown: switches?.featureMonitoring ?? true },
    { value: 'activity', label: t.operations, shown: logs },
    { value: 'log', label: t.log, shown: logs },
    { value: 'terminal', label: terminal.terminal, shown: may && (switches?.featureTerminal ?? true) },
    { value: 'odoo-shell', label: terminal.odooShell, shown: may && (switches?.featureOdooShell ?? true) },
    { value: 'domains', label: domains.domains, shown: useAllowed('view:domains') && (switches?.featureDomains ?? true) },
    { value: 'databases', label: databases.databases, shown: useAllowed('view:databases') && (switches?.featureDatabases ?? true) },
    { value: 'backups', label: backups.backups, shown: mayBackups && (switches?.featureBackups ?? true) },
    { value: 'files', label: files.files, shown: switches?.featureFileEditor ?? true },
  ].filter((tool) => tool.shown);
}

export default function InstancePage() {
  const { portal: t } = useTexts();
  const { data, error, reload } = useRead(api.instance(usePathPart('instance')), { every: (now) => (now && busy(now) ? 2500 : 15_000) });
  if (error && !data) return <PortalPage title={t.instances}><ErrorState error={error} onRetry={() => void reload()} /></PortalPage>;
  if (!data) return <PortalPage title={t.instances}><FactsSkeleton count={6} /></PortalPage>;
  return <Loaded instance={data} />;
}

function Loaded({ instance }: { instance: InstanceView }) {
  const { portal: t } = useTexts();
  const tools = useTools();
  const [tool] = useTool(tools);
  const may = useAllowed('manage:instances');
  const [asking, setAsking] = useState<'stop' | 'restart'>();
  const run = useSend((verb: Verb) => api.runInstance(instance.id, verb), { onDone: (_: OperationView) => { setAsking(undefined); done(t.began); }, onError: failed });
  const stopped = ['stopped', 'failed'].includes(instance.status);
  const refusal = !may ? t.mayNot : busy(instance) ? t.workedOn : undefined;
  return (
    <PortalPage
      title={instance.name}
      aside={<InstanceState instance={instance} />}
      tabs={tools}
      actions={
        <>
          {stopped
            ? <Action size="sm" variant="default" refusal={refusal} loading={run.busy} onClick={() => run.send('start')}>{t.start}</Action>
            : (
              <LaterMenu
                position="bottom-end" width={190}
                target={<Button size="sm" variant="default" px={10} aria-label={t.more}><IconDots size={17} aria-hidden /></Button>}
                entries={[
                  { label: t.restart, disabled: Boolean(refusal), onClick: () => setAsking('restart') },
                  { label: t.stop, disabled: Boolean(refusal), onClick: () => setAsking('stop') },
                ]}
              />
            )}
          <OpenButton instance={instance} />
        </>
      }
    >
      {tool === 'overview' && <Overview instance={instance} />}
      {tool === 'monitoring' && <Monitoring read={(query) => api.instanceMetrics(instance.id, query)} />}
      {tool === 'activity' && <Activity instance={instance} />}
      {tool === 'log' && <InstanceLog instance={instance} />}
      {tool === 'terminal' && <InstanceTerminal instance={instance} />}
      {tool === 'files' && <Files instance={instance} />}
      {tool === 'domains' && <Domains instance={instance} />}
      {tool === 'databases' && <InstanceDatabases instance={instance} onStarted={() => done(t.began)} />}
      {tool === 'backups' && <InstanceBackups instance={instance} isPortal onStarted={() => done(t.began)} />}
      {tool === 'odoo-shell' && <InstanceOdooShell instance={instance} />}
      {asking && (
        <Confirm title={asking === 'stop' ? t.stopTitle(instance.name) : t.restartTitle(instance.name)} verb={asking === 'stop' ? t.stop : t.restart} danger={asking === 'stop'} busy={run.busy} error={run.error} onConfirm={() => run.send(asking)} onClose={() => { run.reset(); setAsking(undefined); }}>
          {asking === 'stop' ? t.stopNote : t.restartNote}
        </Confirm>
      )}
    </PortalPage>
  );
}

function Overview({ instance }: { instance: InstanceView }) {
  const { portal: t } = useTexts();
  const switches = useSwitches();
  const { use } = instance;
  // Absent where the agency shows nothing of its servers.
  const server = instance.server as InstanceView['server'] | null | undefined;
  return (
    <>
      <Facts min={200} items={[
          [t.addressOf, <Anchor key="u" href={instance.url} target="_blank" rel="noopener noreferrer" inherit underline="always" className="break oc-brand-link">{instance.url}</Anchor>],
          [t.health, instance.health === 'healthy' ? t.healthy : instance.health === 'unhealthy' ? t.unhealthy : t.unknownHealth],
          [t.version, `Odoo ${instance.odooVersion} ${t.edition(instance.odooEdition === 'ee')}`],
          [t.server, server?.name && switches?.infrastructureVisibility !== 'none' ? server.name : undefined],
          [t.since, <When key="s" at={instance.startedAt} none={t.notRunning} />],
          [t.created, <When key="c" at={instance.createdAt} />],
      ]} />
      {use && (switches?.featureMonitoring ?? true) && (
        <div style={{ marginTop: 24 }}><Section title={t.use}>
          <Facts min={200} items={[
            [t.memory, <Meter key="m" label={t.memory} used={use.memoryBytes} of={instance.memoryMb * 1024 * 1024} text={t.of(bytes(use.memoryBytes), megabytes(instance.memoryMb))} />],
            [t.processor, `${Math.round(use.cpuPercent)} %`],
            [t.database, bytes(use.databaseBytes)],
            [t.files, bytes(use.filestoreBytes)],
          ]} />
        </Section></div>
      )}
      {instance.topologyId && switches?.infrastructureVisibility !== 'none' && <Built instance={instance} />}
    </>
  );
}

/** What it is made of on several servers, as far as the agency shows it. */
function Built({ instance }: { instance: InstanceView }) {
  const { portal: t } = useTexts();
  const { data } = useRead(api.instanceTopology(instance.id), { every: () => 30_000 });
  if (!data) return null;
  return (
    <div style={{ marginTop: 24 }}><Section title={t.architecture} note={t.architectureNote}>
      <Suspense><Architecture view={data} label={t.architecture} wordOf={(state) => t.nodeState[state]} /></Suspense>
      <ul className="oc-nodes" style={{ margin: '12px 0 0', padding: 0, listStyle: 'none', display: 'grid', gap: 4 }}>
        {data.nodes.map(({ status }) => (
          <li key={status.nodeId}>{status.label}: {t.nodeState[status.state]}<span className="dim">{[status.role, status.server?.name].filter(Boolean).map((word) => `, ${word}`).join('')}</span>{status.message && <span className="dim"> {status.message}</span>}</li>
        ))}
      </ul>
    </Section></div>
  );
}
