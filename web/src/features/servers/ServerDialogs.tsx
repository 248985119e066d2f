import { useState } from 'react';
import { Button, Checkbox, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useEdit, useList, useMe, useOrg, useSend } from '../../api/hooks';
import type { ServerView } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote, Overwrite } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { plural } from '../../ui/format';
import { done } from '../../ui/toast';
import { started } from '../operations/started';

export function EditDialog({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const me = useMe();
  const clients = useList(api.clients(), { enabled: me.current.agencyEnabled });
  const [name, setName] = useState(server.name);
  const [baseDomain, setBaseDomain] = useState(server.baseDomain ?? '');
  const [shared, setShared] = useState(server.clients.map((client) => client.id));
  const save = useEdit(api.server(server.id), () => api.updateServer(server.id, { name: name.trim(), baseDomain: baseDomain.trim() || null, clients: shared }), { onDone: () => { done('Saved.'); onClose(); } });
  return (
    <Dialog onClose={onClose} title="Rename and settings">
      <form noValidate onSubmit={(event) => { event.preventDefault(); save.send(undefined); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
          <TextInput size="sm" label="Base domain" description="Instances get names under it." placeholder="apps.example.com" spellCheck={false} value={baseDomain} onChange={(event) => setBaseDomain(event.currentTarget.value)} error={save.error?.fields.baseDomain} />
          {me.current.agencyEnabled && (
            <MultiSelect size="sm" label="Shared with clients" description="They see this server and may have instances provisioned on it by themselves." searchable hidePickedOptions
              data={clients.rows?.map((client) => ({ value: client.id, label: client.name })) ?? []} value={shared} onChange={setShared} />
          )}
          <ErrorNote error={save.error}><Overwrite busy={save.busy} onClick={save.overwrite && (() => save.overwrite?.(undefined))} /></ErrorNote>
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={save.busy}>Save</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

export function DrainDialog({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const drain = useSend(() => api.drainServer(server.id), { onDone: () => { done(`${server.name} takes no new instances.`); onClose(); } });
  return (
    <Confirm title={`Drain ${server.name}`} verb="Drain server" busy={drain.busy} error={drain.error} onConfirm={() => drain.send(undefined)} onClose={onClose}>
      No new instances are provisioned on it. Its {plural(server.instanceCount, 'instance')} go on running.
    </Confirm>
  );
}

export function RemoveDialog({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const org = useOrg();
  const go = useGo();
  const to = usePaths();
  const [forget, setForget] = useState(false);
  const away = server.status === 'unreachable' || server.status === 'host_key_changed';
  const remove = useSend(() => api.removeServer(server.id, forget), { onDone: (operation) => { started(org, operation); go(to.servers); } });
  return (
    <Confirm title={`Remove ${server.name}`} verb="Remove server" danger type={server.name} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      <Stack gap={6}>
        <span>The connection and our key on it are removed. A server with instances cannot be removed.</span>
        {server.instanceCount > 0 && <Text size="sm" c="var(--oc-bad)">{plural(server.instanceCount, 'instance')} run there now.</Text>}
        {away && (
          <Checkbox
            mt={6} label="The machine is gone for good" checked={forget} onChange={(event) => setForget(event.currentTarget.checked)}
            description="It is forgotten without being reached. Deletions that wait for it end, and topologies go on without it."
          />
        )}
      </Stack>
    </Confirm>
  );
}
