import { useState } from 'react';
import { Skeleton, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useMe, useRead, useRefusal, useSend } from '../../api/hooks';
import type { LimitUse, OrganizationView } from '../../api/types';
import { Action, Copyable, Facts, Meter, Section, Tags, When } from '../../ui/Bits';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';
import { words } from '../../ui/format';
import { done } from '../../ui/toast';
import { Page, useTab } from '../shell/Page';
import { Enterprise } from '../templates/Enterprise';

const tabs = [{ value: 'organization', label: 'Organization' }, { value: 'subscription', label: 'Subscription' }];
const enterprise = { value: 'enterprise', label: 'Enterprise sources' };

export default function SettingsPage() {
  const me = useMe();
  const shown = me.current.kind === 'client' ? tabs : [...tabs, enterprise];
  const [tab] = useTab(shown.map((item) => item.value));
  return <Page title="Settings" tabs={shown}>{tab === 'organization' ? <Organization /> : tab === 'enterprise' ? <Enterprise /> : <Subscription />}</Page>;
}

function Organization() {
  const { data, error, reload } = useRead(api.organization());
  if (error && !data) return <ErrorState error={error} onRetry={() => void reload()} />;
  return data ? <OrganizationForm key={data.id} organization={data} /> : <Skeleton height={220} />;
}

const kinds: Record<OrganizationView['kind'], string> = { personal: 'Personal', organization: 'Organization', client: 'Client organization' };

function OrganizationForm({ organization }: { organization: OrganizationView }) {
  const refusal = useRefusal('manage:organization');
  const [name, setName] = useState(organization.name);
  const [logoUrl, setLogoUrl] = useState(organization.logoUrl ?? '');
  const save = useSend(() => api.updateOrganization({ name: name.trim(), logoUrl }), { onDone: () => done('Saved.') });
  const changed = name.trim() !== organization.name || logoUrl !== (organization.logoUrl ?? '');
  return (
    <>
      <Section title="Facts">
        <Facts items={[
          ['Kind', kinds[organization.kind]],
          ['Agency mode', organization.kind === 'client' ? undefined : organization.agencyEnabled ? 'enabled' : 'not enabled'],
          ['Managed by', organization.agency?.name],
          ['Slug', <Copyable key="s" text={organization.slug} label="Copy slug" />],
          ['Created', <When key="c" at={organization.createdAt} />],
        ]} />
      </Section>
      <Section title="Name and logo">
        <Form onSubmit={() => save.send(undefined)}>
          <TextInput size="sm" label="Name" disabled={Boolean(refusal)} value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
          <TextInput size="sm" label="Logo" description="Address of an image." placeholder="https://" disabled={Boolean(refusal)} value={logoUrl} onChange={(event) => setLogoUrl(event.currentTarget.value)} error={save.error?.fields.logoUrl} />
          <ErrorNote error={save.error} />
          <FormActions><Action type="submit" loading={save.busy} refusal={refusal ?? (changed ? undefined : 'Nothing was changed.')}>Save</Action></FormActions>
        </Form>
      </Section>
    </>
  );
}

const limitNames: Record<string, string> = { storageGb: 'Storage' };

function Subscription() {
  const me = useMe();
  const { data, error, reload } = useRead(api.subscription());
  if (error && !data) return <ErrorState error={error} onRetry={() => void reload()} />;
  if (!data) return <Skeleton height={220} />;
  return (
    <>
      <Section title="Plan" note={me.isOperator ? 'You run this installation: plans are changed and given under Plans.' : 'Plans are given by the person who runs this installation.'}>
        <Facts items={[['Plan', <b key="p" style={{ fontWeight: 600 }}>{data.plan}</b>], ['Features', <Tags key="f" items={data.features.map(words)} none="none" />]]} columns="220px minmax(0, 1fr)" />
      </Section>
      <Section title="Limits"><Facts min={180} items={data.limits.map((limit) => [limitNames[limit.name] ?? words(limit.name), <Use key={limit.name} limit={limit} />])} /></Section>
    </>
  );
}

function Use({ limit }: { limit: LimitUse }) {
  const unit = limit.name === 'storageGb' ? ' GB' : '';
  const used = Math.round(limit.used * 10) / 10;
  if (limit.limit === undefined || limit.limit === null) return <span className="num">{used}{unit}, no limit</span>;
  return <Meter label={`${limit.name} used`} used={limit.limit === 0 ? (used > 0 ? 1 : 0) : used} of={limit.limit || 1} text={`${used} of ${limit.limit}${unit}`} />;
}
