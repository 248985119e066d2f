import { useState } from 'react';
import { FileInput, PasswordInput, Select, Skeleton, Table, Text, Textarea, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useRead, useRefusal, useSend } from '../../api/hooks';
import type { EnterpriseAccess, EnterpriseAccessView } from '../../api/types';
import { Action, Facts, Section, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';
import { bytes } from '../../ui/format';
import { done } from '../../ui/toast';

export function Enterprise() {
  const { data, error, reload } = useRead(api.enterprise());
  if (error && !data) return <ErrorState error={error} onRetry={() => void reload()} />;
  if (!data) return <Skeleton height={160} />;
  return <Loaded key={data.updatedAt ?? 'none'} access={data} />;
}

function Loaded({ access }: { access: EnterpriseAccessView }) {
  const refusal = useRefusal('manage:templates');
  const [gitUrl, setGitUrl] = useState(access.gitUrl ?? '');
  const [token, setToken] = useState('');
  const [privateKey, setPrivateKey] = useState('');
  const [removing, setRemoving] = useState(false);
  const ssh = /^(git@|ssh:)/.test(gitUrl);
  const save = useSend((body: EnterpriseAccess) => api.saveEnterprise(body), { onDone: () => done('Saved.') });
  const remove = useSend(() => api.removeEnterprise(), { onDone: () => { setRemoving(false); done('Access is removed.'); } });
  return (
    <>
      {access.configured && (
        <Section title="Access" actions={<Action refusal={refusal} variant="default" onClick={() => setRemoving(true)}>Remove</Action>}>
          <Facts items={[
            ['Source', access.source === 'git' ? 'Git repository' : 'Uploaded archive'],
            ['Address', access.gitUrl ? <span className="mono">{access.gitUrl}</span> : undefined],
            ['Secret', access.hasSecret ? 'kept, never shown' : 'none'],
            ['Changed', <When key="u" at={access.updatedAt} />],
          ]} />
        </Section>
      )}
      <Section title={access.configured ? 'Change the access' : 'Access to the Enterprise sources'} note="Odoo Enterprise is not ours to hand out: templates of that edition use your own access to its sources.">
        <Form onSubmit={() => save.send({ gitUrl, token: token || undefined, privateKey: privateKey ? `${privateKey.trim()}\n` : undefined })}>
          <TextInput size="sm" label="Git address" placeholder="git@github.com:odoo/enterprise.git" spellCheck={false} value={gitUrl} onChange={(event) => setGitUrl(event.currentTarget.value)} error={save.error?.fields.gitUrl} />
          {ssh
            ? <Textarea size="sm" label="Private key" rows={4} spellCheck={false} autoComplete="off" placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" value={privateKey} onChange={(event) => setPrivateKey(event.currentTarget.value)} error={save.error?.fields.privateKey} />
            : <PasswordInput size="sm" label="Token" autoComplete="off" value={token} onChange={(event) => setToken(event.currentTarget.value)} error={save.error?.fields.token} />}
          <Text size="xs" className="dim">What is written here is encrypted and never read back.</Text>
          <ErrorNote error={save.error} />
          <FormActions><Action type="submit" loading={save.busy} refusal={refusal ?? (gitUrl ? undefined : 'Give an address.')}>Save</Action></FormActions>
        </Form>
      </Section>
      <Archives access={access} />
      {removing && (
        <Confirm title="Remove the access" verb="Remove access" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={() => setRemoving(false)}>
          Enterprise instances go on running; new ones cannot be made until an access is given again.
        </Confirm>
      )}
    </>
  );
}

/** Sources as files, for who has no access to the repository; one that is there is used before Git. */
function Archives({ access }: { access: EnterpriseAccessView }) {
  const refusal = useRefusal('manage:templates');
  const { data: catalog } = useRead(api.catalog());
  const [version, setVersion] = useState<string | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const [removing, setRemoving] = useState<string>();
  const upload = useSend(() => api.uploadEnterprise(version ?? '', file as File), { onDone: () => { setFile(null); done('The archive is uploaded.'); } });
  const remove = useSend((gone: string) => api.removeEnterpriseArchive(gone), { onDone: () => { setRemoving(undefined); done('The archive is removed.'); } });
  return (
    <Section title="Uploaded archives" note="Instead of Git: the zip or tar.gz of a version. It is kept encrypted and used before the repository.">
      {access.archives.length > 0 && (
        <Table fz="sm" mb="md">
          <Table.Thead><Table.Tr><Table.Th>Version</Table.Th><Table.Th>Modules</Table.Th><Table.Th>Size</Table.Th><Table.Th>Uploaded</Table.Th><Table.Th aria-label="Actions" /></Table.Tr></Table.Thead>
          <Table.Tbody>
            {access.archives.map((archive) => (
              <Table.Tr key={archive.version}>
                <Table.Td>{archive.version}</Table.Td>
                <Table.Td>{archive.modules}</Table.Td>
                <Table.Td>{bytes(archive.bytes)}</Table.Td>
                <Table.Td><When at={archive.uploadedAt} /></Table.Td>
                <Table.Td align="right"><Action refusal={refusal} size="compact-xs" variant="default" onClick={() => setRemoving(archive.version)}>Remove</Action></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Form onSubmit={() => upload.send(undefined)}>
        <Select size="sm" label="Odoo version" placeholder="Choose" data={(catalog?.data ?? []).map((item) => item.version)} value={version} onChange={setVersion} />
        <FileInput size="sm" label="Archive" placeholder="A zip or tar.gz file" accept=".zip,.gz,.tgz" clearable value={file} onChange={setFile} />
        <ErrorNote error={upload.error} />
        <FormActions><Action type="submit" loading={upload.busy} refusal={refusal ?? (version ? file ? undefined : 'Choose a file.' : 'Choose a version.')}>Upload</Action></FormActions>
      </Form>
      {removing && (
        <Confirm title={`Remove the archive of ${removing}`} verb="Remove archive" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>
          Instances that were made from it go on running; new ones need another source.
        </Confirm>
      )}
    </Section>
  );
}
