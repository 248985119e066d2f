import { useState } from 'react';
import { ActionIcon, Button, Menu, Select, Stack, TextInput } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { api } from '../api/endpoints';
import { useAllowed, useList, useMe, useSend } from '../api/hooks';
import type { InvitationView, MemberView, RoleView } from '../api/types';
import { useUrlState } from '../nav';
import { useLanguage, useTexts } from '../texts/texts';
import { Action, EmptyState, Section, Status, When } from '../ui/Bits';
import { Confirm } from '../ui/Confirm';
import { type Column, DataTable } from '../ui/DataTable';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/Errors';
import { FormActions } from '../ui/Form';
import { done, failed } from '../ui/toast';
import { PortalPage } from './parts';
import { usePortal } from './portal';
import { useSwitches } from './switches';

export default function TeamPage() {
  const { portal: t } = useTexts();
  const [dialog, setDialog] = useUrlState('dialog');
  const managed = useSwitches()?.teamManagementEnabled === false;
  const may = useAllowed('manage:members') && !managed;
  return (
    <PortalPage title={t.team} actions={may ? <Button size="sm" className="oc-brand-button" onClick={() => setDialog('invite')}>{t.invite}</Button> : undefined}>
      {managed ? <Managed /> : <Members may={may} />}
      {may && <Invitations />}
      {may && dialog === 'invite' && <InviteDialog onClose={() => setDialog(null)} />}
    </PortalPage>
  );
}

/** The agency looks after the team; here is how to ask it. */
function Managed() {
  const { portal: t } = useTexts();
  const brand = usePortal()?.brand;
  const help = brand?.supportUrl ?? (brand?.supportEmail ? `mailto:${brand.supportEmail}` : undefined);
  return <p className="dim" style={{ margin: '-8px 0 16px', fontSize: 13 }}>{help ? <>{t.teamManaged} <a href={help} style={{ color: 'var(--mantine-color-anchor)' }}>{t.support}</a></> : t.teamManaged.replace(/\.[^.]*$/, '.')}</p>;
}

function Members({ may }: { may: boolean }) {
  const { portal: t, common } = useTexts();
  const me = useMe();
  const list = useList(api.members());
  const [changing, setChanging] = useState<MemberView>();
  const [removing, setRemoving] = useState<MemberView>();
  const remove = useSend((member: MemberView) => api.removeMember(member.id), { onDone: () => { setRemoving(undefined); done(t.removed); } });
  const columns: Column<MemberView>[] = [
    { key: 'name', header: common.name, render: (row) => <><b style={{ fontWeight: 500 }}>{row.name}</b>{row.userId === me.id && <span className="dim"> ({t.you})</span>}</> },
    { key: 'email', header: common.email, render: (row) => row.email },
    { key: 'role', header: common.role, render: (row) => row.role.name },
    { key: 'seen', header: t.lastSeen, align: 'right', render: (row) => <When at={row.lastSeenAt} none={common.never} /> },
    {
      key: 'actions', header: common.actions, actions: true, render: (row) => may && row.userId !== me.id && (
        <Menu position="bottom-end" width={200}>
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`${common.actions}: ${row.name}`}><IconDots size={16} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setChanging(row)}>{t.changeRole}</Menu.Item>
            <Menu.Item color="var(--oc-bad)" onClick={() => { remove.reset(); setRemoving(row); }}>{t.removeMember}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <DataTable label={t.members} list={list} columns={columns} rowKey={(row) => row.id} empty={<EmptyState title={t.nobody} />} />
      {changing && <RoleDialog member={changing} onClose={() => setChanging(undefined)} />}
      {removing && <Confirm title={t.removeMemberTitle(removing.name)} verb={t.removeMember} danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>{t.removeMemberNote(removing.name)}</Confirm>}
    </>
  );
}

function Invitations() {
  const { portal: t, common } = useTexts();
  const list = useList(api.invitations(), { every: (rows) => (rows?.some((row) => !row.mailSent) ? 3000 : 30_000) });
  const revoke = useSend((row: InvitationView) => api.revokeInvitation(row.id), { onDone: () => done(t.withdrawn), onError: failed });
  if (!list.rows?.length) return null;
  return (
    <div style={{ marginTop: 24 }}>
      <Section title={t.invitations}>
        <DataTable label={t.invitations} list={list} rowKey={(row) => row.id} empty={null} columns={[
          { key: 'email', header: common.email, render: (row) => <b style={{ fontWeight: 500 }}>{row.email}</b> },
          { key: 'role', header: common.role, render: (row) => row.role.name },
          { key: 'mail', header: t.mail, render: (row) => <Status tone={row.mailSent ? 'good' : row.mailError ? 'warn' : 'busy'}>{row.mailSent ? t.sent : row.mailError ? t.notSent : t.onItsWay}</Status> },
          { key: 'actions', header: common.actions, actions: true, render: (row) => <Button variant="subtle" size="compact-sm" aria-label={t.withdrawOf(row.email)} onClick={() => revoke.send(row)}>{t.withdraw}</Button> },
        ]} />
      </Section>
    </div>
  );
}

const roleData = (roles: RoleView[] | undefined) => roles?.map((role) => ({ value: role.id, label: role.name })) ?? [];

function RoleDialog({ member, onClose }: { member: MemberView; onClose: () => void }) {
  const { portal: t, common } = useTexts();
  const roles = useList(api.roles());
  const [role, setRole] = useState<string | null>(member.role.id);
  const save = useSend(() => api.updateMember(member.id, { role: role ?? '' }), { onDone: () => { done(t.roleChanged); onClose(); } });
  return (
    <Dialog onClose={onClose} title={t.roleOf(member.name)}>
      <Stack gap="sm">
        <Select size="sm" label={common.role} data-autofocus allowDeselect={false} data={roleData(roles.rows)} value={role} onChange={setRole} />
        <ErrorNote error={save.error ?? roles.error} />
        <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button loading={save.busy} onClick={() => save.send(undefined)}>{common.save}</Button></FormActions>
      </Stack>
    </Dialog>
  );
}

function InviteDialog({ onClose }: { onClose: () => void }) {
  const { language, texts: { portal: t, common } } = useLanguage();
  const roles = useList(api.roles());
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<string | null>(null);
  const invite = useSend(() => api.invite({ email: email.trim(), role: role ?? '', language }), { onDone: (invitation) => { done(t.invited(invitation.email)); onClose(); } });
  return (
    <Dialog onClose={onClose} title={t.inviteTitle}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (email && role) invite.send(undefined); }}>
        <Stack gap="sm">
          <TextInput size="sm" label={common.email} type="email" data-autofocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={invite.error?.fields.email} />
          <Select size="sm" label={common.role} placeholder={t.chooseRole} allowDeselect={false} data={roleData(roles.rows)} value={role} onChange={setRole} error={invite.error?.fields.role} />
          <ErrorNote error={invite.error ?? roles.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Action type="submit" loading={invite.busy} refusal={email && role ? undefined : t.chooseRole}>{t.inviteVerb}</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
