import { useState } from 'react';
import { Button, Checkbox, Select, Stack, TextInput } from '@mantine/core';
import { IconWorldWww } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useRefusal, useSend } from '../../api/hooks';
import type { PortalDomainView } from '../../api/types';
import { Link, useGo, usePaths, useUrlState } from '../../nav';
import { Action, EmptyState, Status, Tag, type Tone } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { SearchBox, Toolbar } from '../../ui/Toolbar';
import { EnableAgency } from '../agency/EnableAgency';
import { Page } from '../shell/Page';

export default function DomainsPage() {
  return useMe().current.agencyEnabled ? <Domains /> : <EnableAgency />;
}

const owned: Record<string, [Tone, string]> = { pending: ['idle', 'To prove'], verified: ['good', 'Proven'], grace: ['warn', 'Record gone'], lapsed: ['bad', 'Lapsed'], failed: ['bad', 'Not proven'] };
const routed: Record<string, [Tone, string]> = { pending: ['idle', 'Not looked yet'], ok: ['good', 'Leads here'], elsewhere: ['bad', 'Leads elsewhere'], unknown: ['warn', 'Could not look'] };
const certified: Record<string, [Tone, string]> = { pending: ['idle', 'Waiting'], active: ['good', 'Valid'], expired: ['bad', 'Expired'], error: ['bad', 'Refused'] };

const stateOf = (table: Record<string, [Tone, string]>, value: string) => {
  const [tone, label] = table[value] ?? ['idle' as Tone, value];
  return <Status tone={tone}>{label}</Status>;
};
export const OwnershipState = ({ domain }: { domain: PortalDomainView }) => stateOf(owned, domain.ownership.state);
export const RoutingState = ({ domain }: { domain: PortalDomainView }) => (domain.routing.status === 'pending' && domain.lastCheckedAt ? <Status tone="idle">No address yet</Status> : stateOf(routed, domain.routing.status));
export const CertificateState = ({ domain }: { domain: PortalDomainView }) => stateOf(certified, domain.certificate.status);
export const nameOf = (domain: PortalDomainView) => domain.customDomain ?? domain.host ?? domain.subdomainHost ?? domain.subdomain ?? domain.id;

function Domains() {
  const to = usePaths();
  const sort = useUrlState('sort');
  const q = useUrlState('q');
  const [dialog, setDialog] = useUrlState('dialog');
  const refusal = useRefusal('manage:agency');
  const list = useList(api.portalDomains(), { every: (rows) => (rows?.every((row) => row.isActive) ? 30_000 : 6000) });
  const wanted = q[0].toLowerCase();
  const columns: Column<PortalDomainView>[] = [
    { key: 'name', header: 'Domain', sort: nameOf, render: (row) => <span className="nowrap"><Link to={to.portalDomain(row.id)} strong>{nameOf(row)}</Link>{row.isBase && <> <Tag>for subdomains</Tag></>}</span> },
    { key: 'client', header: 'Portal of', sort: (row) => row.client?.name ?? '', render: (row) => row.client?.name ?? <span className="dim">all clients</span> },
    { key: 'active', header: 'Portal', sort: (row) => Number(row.isActive), render: (row) => <Status tone={row.isActive ? 'good' : row.enabled ? 'busy' : 'idle'}>{row.isActive ? 'Active' : row.enabled ? 'Waiting for proof' : 'Switched off'}</Status> },
    { key: 'ownership', header: 'Ownership', render: (row) => <OwnershipState domain={row} /> },
    { key: 'routing', header: 'Routing', render: (row) => <RoutingState domain={row} /> },
    { key: 'certificate', header: 'Certificate', render: (row) => <CertificateState domain={row} /> },
  ];
  const create = <Action refusal={refusal} onClick={() => setDialog('new')}>New portal domain</Action>;
  return (
    <Page title="Portal domains" lead="The addresses at which your clients sign in." actions={create}>
      <Toolbar><SearchBox label="Search domains" state={q} /></Toolbar>
      <DataTable label="Portal domains" noun="domain" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} filter={(row) => !wanted || `${nameOf(row)} ${row.client?.name ?? ''}`.toLowerCase().includes(wanted)} empty={wanted
        ? <EmptyState title="No domain matches">Try another word.</EmptyState>
        : <EmptyState icon={<IconWorldWww size={28} stroke={1.5} aria-hidden />} title="No portal domains yet" action={create}>Give a client a subdomain of yours, or a domain of its own such as erp.acme.com.</EmptyState>} />
      {dialog === 'new' && !refusal && <CreateDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }) {
  const to = usePaths();
  const go = useGo();
  const clients = useList(api.clients());
  const [subdomain, setSubdomain] = useState('');
  const [customDomain, setCustomDomain] = useState('');
  const [clientId, setClient] = useState<string | null>(null);
  const [isBase, setBase] = useState(false);
  const create = useSend(() => api.createPortalDomain({ subdomain: subdomain.trim() || undefined, customDomain: customDomain.trim() || undefined, clientId: clientId ?? undefined, isBase: isBase || undefined }), { onDone: (domain) => go(to.portalDomain(domain.id)) });
  const fields = create.error?.fields ?? {};
  return (
    <Dialog onClose={onClose} title="New portal domain">
      <form noValidate onSubmit={(event) => { event.preventDefault(); create.send(undefined); }}>
        <Stack gap="sm">
          <Select size="sm" label="Client" description="All clients sign in there where it is empty." placeholder="All clients" clearable searchable data={clients.rows?.map((client) => ({ value: client.slug, label: client.name })) ?? []} value={clientId} onChange={setClient} error={fields.clientId} />
          <TextInput size="sm" label="Subdomain" description="One word under the domain for portals." placeholder="acme" data-autofocus spellCheck={false} value={subdomain} onChange={(event) => setSubdomain(event.currentTarget.value)} error={fields.subdomain} />
          <TextInput size="sm" label="Domain of its own" description="You prove that it is yours by a record in its DNS." placeholder="erp.acme.com" spellCheck={false} value={customDomain} onChange={(event) => setCustomDomain(event.currentTarget.value)} error={fields.customDomain} />
          {customDomain && !clientId && <Checkbox size="xs" label="Subdomains of our portals live under this domain" checked={isBase} onChange={(event) => setBase(event.currentTarget.checked)} />}
          <ErrorNote error={create.error} />
          <FormActions>
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Action type="submit" loading={create.busy} refusal={subdomain.trim() || customDomain.trim() ? undefined : 'Give a subdomain or a domain.'}>Create portal domain</Action>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
