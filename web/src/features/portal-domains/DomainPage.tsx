import { useState } from 'react';
import { Anchor } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useRead, useRefusal, useSend } from '../../api/hooks';
import type { PortalDomainView } from '../../api/types';
import { Link, useGo, usePathPart, usePaths } from '../../nav';
import { Action, Facts, FactsSkeleton, Section, Status, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { ErrorState } from '../../ui/Errors';
import { exact } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { Page } from '../shell/Page';
import { DnsRecords } from './DnsRecords';
import { CertificateState, nameOf, OwnershipState, RoutingState } from './DomainsPage';

export default function DomainPage() {
  const to = usePaths();
  const crumbs = [{ label: 'Portal domains', to: to.portalDomains }];
  const { data, error, reload } = useRead(api.portalDomain(usePathPart('domain')), { every: (now) => (now?.isActive && now.certificate.status === 'active' ? 30_000 : 5000) });
  if (error && !data) return <Page title="Portal domain" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!data) return <Page title="Portal domain" crumbs={crumbs}><FactsSkeleton count={6} /></Page>;
  return <Loaded domain={data} crumbs={crumbs} />;
}

function Loaded({ domain, crumbs }: { domain: PortalDomainView; crumbs: { label: string; to: string }[] }) {
  const to = usePaths();
  const go = useGo();
  const refusal = useRefusal('manage:agency');
  const [asking, setAsking] = useState<'delete' | 'off'>();
  const name = nameOf(domain);
  const verify = useSend(() => api.verifyPortalDomain(domain.id), { onDone: (seen) => done(seen.dnsVerified ? `${nameOf(seen)} is proven.` : 'DNS was asked; the records are not all there yet.'), onError: failed });
  const on = useSend(() => api.activatePortalDomain(domain.id), { onDone: () => done('It is active as soon as it is proven.'), onError: failed });
  const off = useSend(() => api.deactivatePortalDomain(domain.id), { onDone: () => { setAsking(undefined); done('The portal is no longer served under this name.'); } });
  const remove = useSend(() => api.deletePortalDomain(domain.id), { onDone: () => { done(`${name} is deleted.`); go(to.portalDomains, { replace: true }); } });
  const { ownership, routing, certificate } = domain;
  const dangling = routing.status === 'ok';
  return (
    <Page
      title={name}
      crumbs={crumbs}
      aside={<Status tone={domain.isActive ? 'good' : domain.enabled ? 'busy' : 'idle'}>{domain.isActive ? 'Active' : domain.enabled ? 'Waiting for proof' : 'Switched off'}</Status>}
      actions={
        <>
          <Action variant="default" refusal={refusal} c={refusal ? undefined : 'var(--oc-bad)'} onClick={() => setAsking('delete')}>Delete</Action>
          {domain.enabled
            ? <Action variant="default" refusal={refusal} onClick={() => setAsking('off')}>Deactivate</Action>
            : <Action variant="default" refusal={refusal} loading={on.busy} onClick={() => on.send(undefined)}>Activate</Action>}
          <Action refusal={refusal} loading={verify.busy} onClick={() => verify.send(undefined)}>Verify now</Action>
        </>
      }
    >
      {domain.warnings.map((warning) => <p key={warning} role="note" style={{ margin: '0 0 10px', padding: '7px 11px', borderLeft: '3px solid var(--oc-warn)', background: 'var(--oc-warn-bg)', fontSize: 13 }}>{warning}</p>)}
      <Facts min={300} items={[
        ['1. Ownership', <State key="o" state={<OwnershipState domain={domain} />} message={ownership.message} hint={ownership.hint} more={ownership.graceUntil ? <>Served until {exact(ownership.graceUntil)}.</> : undefined} />],
        ['2. Routing', <State key="r" state={<RoutingState domain={domain} />} message={routing.message} more={routing.status === 'elsewhere' ? <>Seen: <span className="mono">{routing.seen.join(', ') || 'nothing'}</span>. Expected: <span className="mono">{routing.expected.join(' or ')}</span>.</> : undefined} />],
        ['3. Certificate', <State key="c" state={<CertificateState domain={domain} />} message={certificate.message} hint={certificate.error} more={certificate.nextAttemptAt && certificate.status !== 'active' ? <>Tried again <When at={certificate.nextAttemptAt} />.</> : certificate.validUntil ? <>Valid until {exact(certificate.validUntil)}.</> : undefined} />],
      ]} />
      <div style={{ height: 20 }} />
      {domain.records.length > 0 && (
        <Section title="Records to set" note={<>Set them where the DNS of the domain is kept. {domain.lastCheckedAt && <>Last look <When at={domain.lastCheckedAt} />. </>}{domain.nextCheckAt && <>Next look <When at={domain.nextCheckAt} />.</>}</>}>
          <DnsRecords records={domain.records.map((record) => ({ ...record, note: record.isAlternative ? 'or instead' : record.purpose === 'ownership' ? 'proof' : 'routing' }))} />
        </Section>
      )}
      <Section title="Facts">
        <Facts items={[
          ['Portal of', domain.client ? (domain.client.slug ? <Link to={to.client(domain.client.slug)}>{domain.client.name}</Link> : domain.client.name) : 'all clients'],
          ['Address', domain.url ? <Anchor href={domain.url} target="_blank" rel="noopener noreferrer" inherit className="break">{domain.url}</Anchor> : '–'],
          ['Subdomain', domain.subdomainHost ?? domain.subdomain ?? <span className="dim">none</span>],
          ['Name in DNS', <span key="h" className="mono">{domain.host ?? '–'}</span>],
          ['Issued by', certificate.issuer ?? undefined],
          ['Renewed', certificate.renewAt ? <When at={certificate.renewAt} /> : undefined],
          ['Created', <When key="c" at={domain.createdAt} />],
        ]} />
      </Section>
      {asking === 'off' && <Confirm title={`Deactivate ${name}`} verb="Deactivate" danger busy={off.busy} error={off.error} onConfirm={() => off.send(undefined)} onClose={() => setAsking(undefined)}>Who opens it sees a neutral page from now on. The proof and the certificate are kept.</Confirm>}
      {asking === 'delete' && (
        <Confirm title={`Delete ${name}`} verb="Delete portal domain" danger type={name} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={() => setAsking(undefined)}>
          {dangling ? 'Its DNS still leads here. Remove the records first, or somebody else could claim the name.' : 'The portal is no longer served under this name, and its certificate is forgotten.'}
        </Confirm>
      )}
    </Page>
  );
}

function State({ state, message, hint, more }: { state: React.ReactNode; message: string; hint?: string | null; more?: React.ReactNode }) {
  return <div>{state}<div style={{ marginTop: 3 }}>{message}</div>{hint && <div className="dim">{hint}</div>}{more && <div className="dim">{more}</div>}</div>;
}
