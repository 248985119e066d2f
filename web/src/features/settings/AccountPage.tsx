import { useState } from 'react';
import { TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useMe, useSend } from '../../api/hooks';
import { useTexts } from '../../texts/texts';
import { Action, Facts, Section } from '../../ui/Bits';
import { ErrorNote } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';
import { done } from '../../ui/toast';
import { Page, useTab } from '../shell/Page';
import { Passkeys } from './Passkeys';
import { PasswordForm } from './PasswordForm';
import { Sessions } from './Sessions';
import { TwoFactors } from './TwoFactors';

const tabs = [
  { value: 'profile', label: 'Profile' }, { value: 'password', label: 'Password' }, { value: 'two-factor', label: 'Two factors' },
  { value: 'passkeys', label: 'Passkeys' }, { value: 'sessions', label: 'Sessions' },
];

export default function AccountPage() {
  const [tab] = useTab(tabs.map((item) => item.value));
  return (
    <Page title="Your account" tabs={tabs}>
      {tab === 'profile' && <Profile />}
      {tab === 'password' && <Password />}
      {tab === 'two-factor' && <TwoFactors />}
      {tab === 'passkeys' && <Passkeys />}
      {tab === 'sessions' && <Sessions />}
    </Page>
  );
}

function Profile() {
  const me = useMe();
  const [name, setName] = useState(me.name);
  const save = useSend(() => api.updateMe({ name: name.trim() }), { onDone: () => done('Saved.') });
  return (
    <>
      <Section title="Facts"><Facts items={[['E-mail', me.email], ['Organizations', me.organizations.length], ['Two factors', me.totpEnabled ? 'on' : 'off'], ['Runs this installation', me.isOperator ? 'yes' : undefined]]} /></Section>
      <Section title="Name">
        <Form onSubmit={() => save.send(undefined)}>
          <TextInput size="sm" label="Name" autoComplete="name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
          <ErrorNote error={save.error} />
          <FormActions><Action type="submit" loading={save.busy} refusal={name.trim() && name.trim() !== me.name ? undefined : 'Nothing was changed.'}>Save</Action></FormActions>
        </Form>
      </Section>
    </>
  );
}

export function Password() {
  const { account: t } = useTexts();
  const [round, setRound] = useState(0);
  const change = useSend(api.changePassword, { onDone: () => { done(t.passwordChanged); setRound(round + 1); } });
  return <Section title={t.changePassword}><PasswordForm key={round} busy={change.busy} error={change.error} verb={t.changeVerb} onSubmit={change.send} /></Section>;
}
