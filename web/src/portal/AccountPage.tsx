import { useState } from 'react';
import { Select, TextInput } from '@mantine/core';
import { api } from '../api/endpoints';
import { useMe, useSend } from '../api/hooks';
import { Password } from '../features/settings/AccountPage';
import { Passkeys } from '../features/settings/Passkeys';
import { Sessions } from '../features/settings/Sessions';
import { TwoFactors } from '../features/settings/TwoFactors';
import { type Language, languages, useLanguage } from '../texts/texts';
import { Action, Copyable } from '../ui/Bits';
import { ErrorNote } from '../ui/Errors';
import { Form, FormActions } from '../ui/Form';
import { done } from '../ui/toast';
import { Panel, PortalPage, useTool } from './parts';

export default function AccountPage() {
  const { texts: { account: t } } = useLanguage();
  const tabs = [
    { value: 'profile', label: t.profile }, { value: 'password', label: t.passwordTab }, { value: 'two-factor', label: t.twoFactors },
    { value: 'passkeys', label: t.passkeys }, { value: 'sessions', label: t.sessions },
  ];
  const [tab] = useTool(tabs);
  return (
    <PortalPage title={t.title} tabs={tabs}>
      {tab === 'profile' && <Profile />}
      {tab === 'password' && <Panel><Password /></Panel>}
      {tab === 'two-factor' && <Panel><TwoFactors /></Panel>}
      {tab === 'passkeys' && <Passkeys />}
      {tab === 'sessions' && <Sessions />}
    </PortalPage>
  );
}

function Profile() {
  const me = useMe();
  const { language, texts, choose } = useLanguage();
  const { account: t, common } = texts;
  const [name, setName] = useState(me.name);
  const save = useSend(() => api.updateMe({ name: name.trim() }), { onDone: () => done(common.saved) });
  return (
    <Panel>
      <Form onSubmit={() => save.send(undefined)}>
        <div><div style={{ fontSize: 13, fontWeight: 500 }}>{common.email}</div><Copyable text={me.email} mono={false} /></div>
        <TextInput size="sm" label={common.name} autoComplete="name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
        {choose && <Select size="sm" label={t.language} allowDeselect={false} data={languages} value={language} onChange={(value) => value && choose(value as Language)} />}
        <ErrorNote error={save.error} />
        <FormActions><Action type="submit" loading={save.busy} refusal={name.trim() && name.trim() !== me.name ? undefined : common.nothingChanged}>{common.save}</Action></FormActions>
      </Form>
    </Panel>
  );
}
