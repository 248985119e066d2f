import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { SegmentedControl, Skeleton } from '@mantine/core';
import type { Read } from '../../api/client';
import { useRead } from '../../api/hooks';
import type { MetricSeries, MetricsView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { EmptyState, Section, When } from '../../ui/Bits';
import { ErrorState } from '../../ui/Errors';
import { bytes } from '../../ui/format';

const Chart = lazy(() => import('./Chart'));

const hour = 3_600_000;
const spans = { '1h': hour, '24h': 24 * hour, '7d': 7 * 24 * hour, '30d': 30 * 24 * hour, '90d': 90 * 24 * hour } as const;
type Span = keyof typeof spans;
type Group = 'cpu' | 'memory' | 'disk' | 'load' | 'network' | 'health' | 'latency' | 'connections' | 'sizes' | 'restarts' | 'uptime' | 'certificate' | 'backup';

const groups: Record<Group, string[]> = {
  cpu: ['cpu'], memory: ['memory'], disk: ['disk'], load: ['load'], network: ['network_in', 'network_out'], health: ['health'], latency: ['latency'],
  connections: ['connections'], sizes: ['database', 'filestore'], restarts: ['restarts'], uptime: ['uptime'],
  certificate: ['certificate_days'], backup: ['backup_age'],
};
// Everything that is measured has these. They keep their place while the first figures of something new come in, so that nothing moves.
const always: Group[] = ['cpu', 'memory', 'network'];
// Of two lines on one chart; the legend names them.
const colors = ['--mantine-color-anchor', '--oc-warn'];

const texted: Record<string, (value: number) => string> = {
  percent: (value) => `${Math.round(value * 10) / 10} %`,
  bytes: (value) => bytes(value),
  bytes_per_second: (value) => `${bytes(value)}/s`,
  milliseconds: (value) => `${Math.round(value)} ms`,
  seconds: (value) => (value < 7200 ? `${Math.round(value / 60)} min` : value < 172_800 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86_400)} d`),
  hours: (value) => (value < 48 ? `${Math.round(value * 10) / 10} h` : `${Math.round(value / 2.4) / 10} d`),
  days: (value) => `${Math.round(value)} d`,
};
const plain = (value: number) => String(Math.round(value * 100) / 100);

/** Of the time that was measured. */
function share(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  return `${Math.floor((known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)) * 100) / 100} %`;
}

/** Charts of a server or an instance, from an hour to 90 days, with its operations as marks. */
export function Monitoring({ read }: { read: (query: { from: string; to: string }) => Read<MetricsView> }) {
  const { monitoring: t } = useTexts();
  const [span, setSpan] = useState<Span>('1h');
  const [end, setEnd] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setEnd(Date.now()), span === '1h' ? 15_000 : 60_000);
    return () => clearInterval(timer);
  }, [span]);
  const { data, error } = useRead(read({ from: new Date(end - spans[span]).toISOString(), to: new Date(end).toISOString() }));
  // What was there stays until the next answer.
  const [shown, setShown] = useState<MetricsView>();
  if (data && data !== shown) setShown(data);
  const choose = (value: string) => { setSpan(value as Span); setEnd(Date.now()); };
  return (
    <>
      <SegmentedControl size="xs" aria-label={t.span} value={span} onChange={choose} data={Object.keys(spans).map((value) => ({ value, label: t.spans[value as Span] }))} mb="md" />
      {error && !shown ? <ErrorState error={error} onRetry={() => setEnd(Date.now())} />
        : !shown ? <Skeleton height={200} />
        : shown.times.length === 0 ? <EmptyState title={t.nothing}>{t.nothingNote}</EmptyState>
        : <Charts metrics={shown} />}
      {shown && shown.marks.length > 0 && (
        <Section title={t.marks} note={t.marksNote}>
          <ul style={{ margin: 0, paddingInlineStart: 18 }}>{shown.marks.slice(-10).reverse().map((mark) => <li key={mark.operationId}>{mark.title} <span className="dim"><When at={mark.at} /></span></li>)}</ul>
        </Section>
      )}
    </>
  );
}

function Charts({ metrics }: { metrics: MetricsView }) {
  const { monitoring: t } = useTexts();
  const charts = useMemo(() => {
    const found = new Map(metrics.series.map((series) => [series.metric, series]));
    return (Object.keys(groups) as Group[]).flatMap((group) => {
      const lines = groups[group].map((metric) => found.get(metric)).filter((series): series is MetricSeries => series?.values.some((value) => value !== null) ?? false);
      const unit = lines[0]?.unit;
      return unit || always.includes(group) ? [{ group, unit, lines: lines.map((series, index) => ({ label: t.metrics[series.metric] ?? series.metric, values: series.values, color: colors[index] ?? '--mantine-color-dimmed' })) }] : [];
    });
  }, [metrics, t]);
  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 420px), 1fr))', gap: 20 }}>
      {charts.map(({ group, unit, lines }) => (
        <Section key={group} title={t.groups[group]} note={group === 'health' ? t.answered(share(lines[0]?.values ?? [])) : undefined}>
          {unit ? (
            <Suspense fallback={<Skeleton height={200} />}>
              <Chart label={t.groups[group]} time={t.time} times={metrics.times} lines={lines} marks={metrics.marks} from={Date.parse(metrics.from) / 1000} to={Date.parse(metrics.to) / 1000}
                text={texted[unit] ?? plain} most={group === 'health' ? 100 : undefined} />
            </Suspense>
          ) : <div className="dim" style={{ height: 200, display: 'grid', placeItems: 'center' }}>{t.nothing}</div>}
        </Section>
      ))}
    </div>
  );
}
