import { useState } from 'react';
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconShieldLock } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useRefusal, useSend } from '../../api/hooks';
import type { RoleView } from '../../api/types';
import { Link, LinkButton, useGo, usePaths, useUrlState } from '../../nav';
import { EmptyState, Tag } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { plural } from '../../ui/format';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';

export default function RolesPage() {
  const to = usePaths();
  const go = useGo();
  const may = useAllowed('manage:roles');
  const refusal = useRefusal('manage:roles');
  const sort = useUrlState('sort');
  const list = useList(api.roles());
  const [removing, setRemoving] = useState<RoleView>();
  const remove = useSend((role: RoleView) => api.deleteRole(role.id), { onDone: () => { setRemoving(undefined); done('The role is deleted.'); } });
  const columns: Column<RoleView>[] = [
    { key: 'name', header: 'Role', sort: (row) => row.name, render: (row) => <span className="nowrap"><Link to={to.role(row.id)} strong>{row.name}</Link>{row.isSystem && <> <Tag>system</Tag></>}</span> },
    { key: 'description', header: 'Description', wrap: true, render: (row) => row.description ?? <span className="dim">–</span> },
    { key: 'permissions', header: 'Permissions', align: 'right', sort: (row) => row.permissions.length, render: (row) => row.permissions.length },
    { key: 'members', header: 'Members', align: 'right', sort: (row) => row.members, render: (row) => row.members },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => !row.isSystem && !refusal && (
        <Menu position="bottom-end" width={140}>
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${row.name}`}><IconDots size={16} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => go(to.role(row.id))}>Edit</Menu.Item>
            <Menu.Item color="var(--oc-bad)" onClick={() => { remove.reset(); setRemoving(row); }}>Delete</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <Page title="Roles" lead="What members may see and change. System roles are the same everywhere." actions={may ? <LinkButton to={to.newRole}>New role</LinkButton> : undefined}>
      <DataTable label="Roles" noun="role" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={<EmptyState icon={<IconShieldLock size={28} stroke={1.5} aria-hidden />} title="No roles" />} />
      {removing && (
        <Confirm title={`Delete ${removing.name}`} verb="Delete role" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>
          {removing.members ? `${plural(removing.members, 'member')} have this role; give them another one first.` : 'No member has this role.'}
        </Confirm>
      )}
    </Page>
  );
}
