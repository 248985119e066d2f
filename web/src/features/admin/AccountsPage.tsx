import { useState } from 'react';
import { Button } from '@mantine/core';
import { IconUserShield } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useSend } from '../../api/hooks';
import type { AccountView } from '../../api/types';
import { useUrlState } from '../../nav';
import { EmptyState, Tag, Tags, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { done } from '../../ui/toast';
import { SearchBox, Toolbar } from '../../ui/Toolbar';
import { NotFound } from '../shell/NotFound';
import { Page } from '../shell/Page';

type Act = 'disable' | 'enable' | 'promote' | 'demote';

const words: Record<Act, { title: (name: string) => string; verb: string; danger?: boolean; text: string; said: (name: string) => string }> = {
  disable: {
    title: (name) => `Disable ${name}`, verb: 'Disable account', danger: true, said: (name) => `${name} is disabled.`,
    text: 'Their sessions end, their API keys are refused, and nobody signs in to the account. What they made stays.',
  },
  enable: { title: (name) => `Enable ${name}`, verb: 'Enable account', said: (name) => `${name} can sign in again.`, text: 'They can sign in again, and their API keys work again.' },
  promote: {
    title: (name) => `Make ${name} an operator`, verb: 'Make operator', said: (name) => `${name} is an operator.`,
    text: 'An operator runs this installation: plans, all accounts, and the machine it runs on.',
  },
  demote: { title: (name) => `${name} is no operator any more`, verb: 'Take it away', danger: true, said: (name) => `${name} is no operator any more.`, text: 'They keep what they may do in their organizations.' },
};

export default function AccountsPage() {
  const me = useMe();
  if (!me.isOperator) return <NotFound />;
  return (
    <Page title="Accounts" lead="Everybody who can sign in to this installation.">
      <Accounts own={me.id} />
    </Page>
  );
}

function Accounts({ own }: { own: string }) {
  const q = useUrlState('q');
  const sort = useUrlState('sort');
  const list = useList(api.accounts({ q: q[0] }));
  const [asked, setAsked] = useState<{ account: AccountView; act: Act }>();
  const change = useSend(
    ({ account, act }: { account: AccountView; act: Act }) =>
      act === 'disable' ? api.disableAccount(account.id) : act === 'enable' ? api.enableAccount(account.id) : api.updateAccount(account.id, { isOperator: act === 'promote' }),
    { onDone: (saved) => { if (asked) done(words[asked.act].said(saved.name)); setAsked(undefined); } },
  );
  const ask = (account: AccountView, act: Act) => { change.reset(); setAsked({ account, act }); };
  const columns: Column<AccountView>[] = [
    {
      key: 'name', header: 'Person', sort: (row) => row.name, render: (row) => (
        <span className="nowrap"><b style={{ fontWeight: 500 }}>{row.name}</b>{row.isOperator && <> <Tag>operator</Tag></>}{row.disabledAt && <> <Tag>disabled</Tag></>}</span>
      ),
    },
    { key: 'email', header: 'E-mail', sort: (row) => row.email, render: (row) => row.email },
    { key: 'organizations', header: 'Organizations', render: (row) => <Tags items={row.organizations.map((o) => o.name)} most={2} none="none" /> },
    { key: 'totp', header: 'Second factor', render: (row) => (row.totpEnabled ? 'yes' : <span className="dim">no</span>) },
    { key: 'seen', header: 'Last seen', align: 'right', sort: (row) => row.lastSeenAt ?? '', render: (row) => (row.lastSeenAt ? <When at={row.lastSeenAt} /> : <span className="dim">–</span>) },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => row.id !== own && (
        <>
          <Button variant="subtle" size="compact-xs" aria-label={row.isOperator ? `Take operator from ${row.name}` : `Make ${row.name} an operator`} onClick={() => ask(row, row.isOperator ? 'demote' : 'promote')}>{row.isOperator ? 'No operator' : 'Operator'}</Button>
          <Button variant="subtle" size="compact-xs" c={row.disabledAt ? undefined : 'var(--oc-bad)'} aria-label={`${row.disabledAt ? 'Enable' : 'Disable'} ${row.name}`} onClick={() => ask(row, row.disabledAt ? 'enable' : 'disable')}>{row.disabledAt ? 'Enable' : 'Disable'}</Button>
        </>
      ),
    },
  ];
  return (
    <>
      <Toolbar><SearchBox label="Search accounts" state={q} /></Toolbar>
      <DataTable label="Accounts" noun="account" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={<EmptyState icon={<IconUserShield size={28} stroke={1.5} aria-hidden />} title="No account matches" />} />
      {asked && (
        <Confirm title={words[asked.act].title(asked.account.name)} verb={words[asked.act].verb} danger={words[asked.act].danger} busy={change.busy} error={change.error} onConfirm={() => change.send(asked)} onClose={() => setAsked(undefined)}>
          {words[asked.act].text}
        </Confirm>
      )}
    </>
  );
}
