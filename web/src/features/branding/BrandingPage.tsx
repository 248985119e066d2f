import { useEffect, useState } from 'react';
import { Select, Skeleton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { api } from '../../api/endpoints';
import { useList, useMe, useRead, useRefusal, useSend } from '../../api/hooks';
import type { BrandingValues, BrandingView } from '../../api/types';
import { useUrlState } from '../../nav';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { UnsavedBar } from '../../ui/Form';
import { done } from '../../ui/toast';
import { EnableAgency } from '../agency/EnableAgency';
import { Page, useTab } from '../shell/Page';
import { CustomCss } from './CustomCss';
import { Look } from './Look';
import { MailSettings, SenderRecords } from './MailSettings';
import { Preview } from './Preview';
import classes from './branding.module.css';

export type Field = keyof BrandingValues;

/** What the parts of the form work on: the values as they would be, and a way to change one. */
export interface Draft {
  view: BrandingView;
  client: string;
  value: (field: Field) => string;
  /** Null: inherited again. */
  set: (field: Field, value: string | null) => void;
  changed: (field: Field) => boolean;
  isSet: (field: Field) => boolean;
  error: (field: Field) => string | undefined;
  locked: boolean;
}

const all = [{ value: 'look', label: 'Look' }, { value: 'css', label: 'Custom CSS' }, { value: 'mail', label: 'Mail' }];

export default function BrandingPage() {
  return useMe().current.agencyEnabled ? <Branding /> : <EnableAgency />;
}

function Branding() {
  const me = useMe();
  const [client, setClient] = useUrlState('client');
  const clients = useList(api.clients());
  const name = clients.rows?.find((row) => row.slug === client)?.name;
  const { data, error, reload } = useRead(client ? api.clientBranding(client) : api.branding(), { every: (branding) => (branding?.sender && !branding.sender.checkedAt ? 2_000 : false) });
  return (
    <Page
      title="Branding"
      lead="How your clients' portals and mails look. Nothing in them says whose software it is."
      tabs={all}
      actions={<Select size="xs" w={220} aria-label="Whose branding" allowDeselect={false} searchable data={[{ value: '', label: 'All clients' }, ...(clients.rows ?? []).map((row) => ({ value: row.slug, label: `Only ${row.name}` }))]} value={client} onChange={(value) => setClient(value || null)} />}
    >
      {error && !data ? <ErrorState error={error} onRetry={() => void reload()} /> : !data ? <Skeleton height={420} /> : <Editor key={`${client} ${data.updatedAt}`} saved={data} client={client} name={name ?? data.productName ?? me.current.name} />}
    </Page>
  );
}

function Editor({ saved, client, name }: { saved: BrandingView; client: string; name: string }) {
  const refusal = useRefusal('manage:agency');
  const [tab] = useTab(all.map((item) => item.value));
  const [changes, setChanges] = useState<BrandingValues>({});
  const [settled] = useDebouncedValue(changes, 350);
  const [would, setWould] = useState<BrandingView>(saved);
  const put = (dryRun: boolean) => (body: BrandingValues) => (client ? api.updateClientBranding(client, body, dryRun || undefined) : api.updateBranding(body, dryRun || undefined));
  const look = useSend(put(true), { quiet: true, onDone: setWould });
  const save = useSend(put(false), { onDone: () => { setChanges({}); done('The branding is saved.'); } });
  const { send, reset } = look;
  const count = Object.keys(changes).length;
  useEffect(() => {
    if (Object.keys(settled).length) send(settled);
    else { reset(); setWould(saved); }
  }, [settled, send, reset, saved]);

  const problem = save.error ?? look.error;
  const draft: Draft = {
    view: would,
    client,
    value: (field) => (field in changes ? (changes[field] ?? '') : saved.overridden.includes(field) ? (saved[field] ?? '') : ''),
    set: (field, value) => setChanges((before) => {
      const was = saved.overridden.includes(field) ? (saved[field] ?? '') : null;
      const next = { ...before, [field]: value === '' ? null : value };
      if ((next[field] ?? null) === was) delete next[field];
      return next;
    }),
    changed: (field) => field in changes,
    isSet: (field) => (field in changes ? changes[field] !== null : saved.overridden.includes(field)),
    error: (field) => problem?.fields[field],
    locked: Boolean(refusal),
  };
  return (
    <>
      <div className={classes.split}>
        <div>
          {tab === 'look' && <Look draft={draft} />}
          {tab === 'css' && <CustomCss draft={draft} />}
          {tab === 'mail' && <MailSettings draft={draft} />}
          <div style={{ marginTop: 12 }}>
            <ErrorNote error={problem} />
            {refusal && <p className="dim" style={{ fontSize: 13 }}>{refusal}</p>}
          </div>
        </div>
        <Preview key={tab} branding={would} name={name} first={tab === 'css' ? 'home' : tab === 'mail' ? 'mail' : 'login'} />
      </div>
      {tab === 'mail' && <SenderRecords draft={draft} />}
      <UnsavedBar shown={count > 0} busy={save.busy} onSave={() => save.send(changes)} onReset={() => { save.reset(); setChanges({}); }} />
    </>
  );
}
