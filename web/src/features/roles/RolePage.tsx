import { useState } from 'react';
import { TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useEdit, useList, useRead, useRefusal } from '../../api/hooks';
import type { CreateRole, PermissionView, RoleView } from '../../api/types';
import { LinkButton, useGo, usePathPart, usePaths } from '../../nav';
import { Action, FactsSkeleton, Tag } from '../../ui/Bits';
import { ErrorNote, ErrorState, Overwrite } from '../../ui/Errors';
import { Columns, Form, FormActions } from '../../ui/Form';
import { named, slugPattern } from '../../ui/format';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';
import { Matrix } from './Matrix';

export default function RolePage() {
  const id = usePathPart('role');
  const to = usePaths();
  const crumbs = [{ label: 'Roles', to: to.roles }];
  const role = useRead(api.role(id), { enabled: Boolean(id) });
  const permissions = useList(api.permissions());
  const title = id ? (role.data?.name ?? 'Role') : 'New role';
  const error = (id && !role.data ? role.error : undefined) ?? (permissions.rows ? undefined : permissions.error);
  if (error) return <Page title={title} crumbs={crumbs}><ErrorState error={error} onRetry={() => { void role.reload(); permissions.reload(); }} /></Page>;
  if ((id && !role.data) || !permissions.rows) return <Page title={title} crumbs={crumbs}><FactsSkeleton count={6} /></Page>;
  return (
    <Page title={title} crumbs={crumbs} aside={role.data?.isSystem ? <Tag>system</Tag> : undefined} lead={role.data?.isSystem ? 'Comes with every organization and cannot be changed.' : undefined}>
      <Editor key={id} role={role.data} permissions={permissions.rows} />
    </Page>
  );
}

function Editor({ role, permissions }: { role: RoleView | undefined; permissions: PermissionView[] }) {
  const to = usePaths();
  const go = useGo();
  const refusal = useRefusal('manage:roles');
  const fixed = Boolean(role?.isSystem) || Boolean(refusal);
  const [{ name, slug }, setNames] = useState({ name: role?.name ?? '', slug: role?.slug ?? '' });
  const [description, setDescription] = useState(role?.description ?? '');
  const [granted, setGranted] = useState<string[]>(role?.permissions ?? []);
  const body: CreateRole = { name: name.trim(), slug, description: description.trim(), permissions: granted };
  const save = useEdit(role && api.role(role.id), () => (role ? api.updateRole(role.id, { name: body.name, description: body.description, permissions: granted }) : api.createRole(body)), {
    onDone: (saved) => { done(`${saved.name} is saved.`); go(to.roles); },
  });
  const lacking = !name.trim() ? 'Give the role a name.' : !slugPattern.test(slug) ? 'The slug is not right.' : granted.length === 0 ? 'Choose what it may do.' : undefined;
  return (
    <Form wide onSubmit={() => save.send(undefined)}>
      {!role?.isSystem && (
        <>
          <Columns>
            <TextInput size="sm" label="Name" withAsterisk disabled={fixed} value={name} onChange={(event) => setNames(role ? { name: event.currentTarget.value, slug } : named({ name, slug }, event.currentTarget.value))} error={save.error?.fields.name} />
            <TextInput size="sm" label="Slug" withAsterisk disabled={fixed || Boolean(role)} value={slug} onChange={(event) => setNames({ name, slug: event.currentTarget.value })} error={save.error?.fields.slug} />
          </Columns>
          <TextInput size="sm" label="Description" disabled={fixed} value={description} onChange={(event) => setDescription(event.currentTarget.value)} error={save.error?.fields.description} />
        </>
      )}
      <Matrix permissions={permissions} granted={granted} onChange={setGranted} readOnly={fixed} />
      <ErrorNote error={save.error}><Overwrite busy={save.busy} onClick={save.overwrite && (() => save.overwrite?.(undefined))} /></ErrorNote>
      {!role?.isSystem && (
        <FormActions>
          <LinkButton to={to.roles} variant="default">Cancel</LinkButton>
          <Action type="submit" loading={save.busy} refusal={refusal ?? lacking}>{role ? 'Save role' : 'Create role'}</Action>
        </FormActions>
      )}
    </Form>
  );
}
