import { useState } from 'react';
import { ActionIcon, Button, Menu, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconDots, IconMail, IconUsers } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useMe, useRefusal, useSend } from '../../api/hooks';
import type { InvitationView, MemberView, RoleView } from '../../api/types';
import { useUrlState } from '../../nav';
import { type Language, languages } from '../../texts/texts';
import { Action, EmptyState, Status, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done, failed } from '../../ui/toast';
import { SearchBox, Toolbar } from '../../ui/Toolbar';
import { Page, useTab } from '../shell/Page';

const all = [{ value: 'members', label: 'Members' }, { value: 'invitations', label: 'Invitations' }];

export default function MembersPage() {
  const tabs = useAllowed('manage:members') ? all : all.slice(0, 1);
  const [tab] = useTab(tabs.map((item) => item.value));
  const [dialog, setDialog] = useUrlState('dialog');
  const refusal = useRefusal('manage:members');
  return (
    <Page title="Members" tabs={tabs} actions={<Action refusal={refusal} onClick={() => setDialog('invite')}>Invite member</Action>}>
      {tab === 'members' ? <Members /> : <Invitations />}
      {dialog === 'invite' && !refusal && <InviteDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}

function Members() {
  const me = useMe();
  const q = useUrlState('q');
  const sort = useUrlState('sort');
  const refusal = useRefusal('manage:members');
  const list = useList(api.members({ q: q[0] }));
  const [changing, setChanging] = useState<MemberView>();
  const [removing, setRemoving] = useState<MemberView>();
  const columns: Column<MemberView>[] = [
    { key: 'name', header: 'Name', sort: (row) => row.name, render: (row) => <><b style={{ fontWeight: 500 }}>{row.name}</b>{row.userId === me.id && <span className="dim"> (you)</span>}</> },
    { key: 'email', header: 'E-mail', sort: (row) => row.email, render: (row) => row.email },
    { key: 'role', header: 'Role', sort: (row) => row.role.name, render: (row) => row.role.name },
    { key: 'totp', header: 'Two factors', sort: (row) => Number(row.totpEnabled), render: (row) => <Status tone={row.totpEnabled ? 'good' : 'idle'}>{row.totpEnabled ? 'On' : 'Off'}</Status> },
    { key: 'seen', header: 'Last seen', align: 'right', sort: (row) => row.lastSeenAt ?? '', render: (row) => <When at={row.lastSeenAt} none="never" /> },
    { key: 'joined', header: 'Joined', align: 'right', sort: (row) => row.joinedAt, render: (row) => <When at={row.joinedAt} /> },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => !refusal && (
        <Menu position="bottom-end" width={170}>
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${row.name}`}><IconDots size={16} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setChanging(row)}>Change role</Menu.Item>
            <Menu.Item color="var(--oc-bad)" onClick={() => setRemoving(row)}>{row.userId === me.id ? 'Leave' : 'Remove'}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <Toolbar><SearchBox label="Search members" state={q} /></Toolbar>
      <DataTable label="Members" noun="member" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={
        <EmptyState icon={<IconUsers size={28} stroke={1.5} aria-hidden />} title={q[0] ? 'No member matches' : 'No members'} />
      } />
      {changing && <RoleDialog member={changing} onClose={() => setChanging(undefined)} />}
      {removing && <RemoveDialog member={removing} onClose={() => setRemoving(undefined)} />}
    </>
  );
}

const roleData = (roles: RoleView[] | undefined) => roles?.map((role) => ({ value: role.id, label: role.name })) ?? [];

function RoleDialog({ member, onClose }: { member: MemberView; onClose: () => void }) {
  const roles = useList(api.roles());
  const [role, setRole] = useState<string | null>(member.role.id);
  const chosen = roles.rows?.find((item) => item.id === role);
  const save = useSend(() => api.updateMember(member.id, { role: role ?? '' }), { onDone: () => { done(`${member.name} is ${chosen?.name ?? 'changed'} now.`); onClose(); } });
  return (
    <Dialog onClose={onClose} title={`Role of ${member.name}`}>
      <Stack gap="sm">
        <Select size="sm" label="Role" data-autofocus allowDeselect={false} data={roleData(roles.rows)} value={role} onChange={setRole} description={chosen?.description} />
        <ErrorNote error={save.error ?? roles.error} />
        <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button loading={save.busy} onClick={() => save.send(undefined)}>Save</Button></FormActions>
      </Stack>
    </Dialog>
  );
}

function RemoveDialog({ member, onClose }: { member: MemberView; onClose: () => void }) {
  const me = useMe();
  const self = member.userId === me.id;
  const remove = useSend(() => api.removeMember(member.id), { onDone: () => { done(`${member.name} is removed.`); onClose(); } });
  return (
    <Confirm title={self ? `Leave ${me.current.name}` : `Remove ${member.name}`} verb={self ? 'Leave' : 'Remove member'} danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      {self ? 'You' : member.name} can no longer act in {me.current.name}. API keys made there by {self ? 'you' : 'this person'} stop working.
    </Confirm>
  );
}

function Invitations() {
  const list = useList(api.invitations(), { every: (rows) => (rows?.some((row) => !row.mailSent) ? 3000 : 30_000) });
  const sort = useUrlState('sort');
  const revoke = useSend((row: InvitationView) => api.revokeInvitation(row.id), { onDone: () => done('The invitation is withdrawn.'), onError: failed });
  const columns: Column<InvitationView>[] = [
    { key: 'email', header: 'E-mail', sort: (row) => row.email, render: (row) => <b style={{ fontWeight: 500 }}>{row.email}</b> },
    { key: 'role', header: 'Role', render: (row) => row.role.name },
    { key: 'mail', header: 'Mail', wrap: true, render: (row) => <MailState invitation={row} /> },
    { key: 'by', header: 'Invited by', render: (row) => row.invitedBy },
    { key: 'expires', header: 'Ends', align: 'right', sort: (row) => row.expiresAt, render: (row) => <When at={row.expiresAt} /> },
    { key: 'actions', header: 'Actions', actions: true, render: (row) => <Button variant="subtle" size="compact-xs" onClick={() => revoke.send(row)} aria-label={`Withdraw the invitation of ${row.email}`}>Withdraw</Button> },
  ];
  return (
    <DataTable label="Invitations" noun="invitation" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={
      <EmptyState icon={<IconMail size={28} stroke={1.5} aria-hidden />} title="No open invitations">Who is invited gets a link by mail and joins with the role you choose.</EmptyState>
    } />
  );
}

/** The mail goes out shortly after the invitation is made. */
function MailState({ invitation }: { invitation: InvitationView }) {
  if (invitation.mailSent) return <Status tone="good">Sent</Status>;
  if (!invitation.mailError) return <Status tone="busy">On its way</Status>;
  return <><Status tone="warn">Not sent</Status> <span className="dim">{invitation.mailError}</span></>;
}

function InviteDialog({ onClose }: { onClose: () => void }) {
  const roles = useList(api.roles());
  const [email, setEmail] = useState('');
  const [language, setLanguage] = useState<'mine' | Language>('mine');
  const [role, setRole] = useState<string | null>(null);
  const chosen = roles.rows?.find((item) => item.id === role);
  const [made, setMade] = useState<InvitationView>();
  const invite = useSend(() => api.invite({ email: email.trim(), role: role ?? '', language: language === 'mine' ? undefined : language }), {
    onDone: (invitation) => { if (!invitation.mailError) { done(`An invitation is on its way to ${invitation.email}.`); onClose(); } else setMade(invitation); },
  });
  if (made)
    return (
      <Dialog onClose={onClose} title="Invited, but no mail was sent">
        <Stack gap="sm">
          <Text size="sm">The invitation of {made.email} is kept, but the mail could not be sent: {made.mailError}</Text>
          <FormActions><Button onClick={onClose}>Close</Button></FormActions>
        </Stack>
      </Dialog>
    );
  return (
    <Dialog onClose={onClose} title="Invite member">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (email && role) invite.send(undefined); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="E-mail" type="email" data-autofocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={invite.error?.fields.email} />
          <Select size="sm" label="Role" placeholder="Choose a role" allowDeselect={false} data={roleData(roles.rows)} value={role} onChange={setRole} description={chosen?.description} error={invite.error?.fields.role} />
          <Select size="sm" label="Language of the mail" allowDeselect={false} data={[{ value: 'mine', label: 'As mine, or as they have chosen' }, ...languages]} value={language} onChange={(value) => setLanguage(value as typeof language)} />
          <ErrorNote error={invite.error ?? roles.error} />
          <FormActions>
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Action type="submit" loading={invite.busy} refusal={email && role ? undefined : 'Give an e-mail address and a role.'}>Invite</Action>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
