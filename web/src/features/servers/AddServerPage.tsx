import { useState } from 'react';
import { Button, Input, NumberInput, PasswordInput, SegmentedControl, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useMe, useRefusal, useSend } from '../../api/hooks';
import type { AddServer, HostKeyView } from '../../api/types';
import { LinkButton, useGo, usePaths } from '../../nav';
import { Action, Section } from '../../ui/Bits';
import { ErrorNote } from '../../ui/Errors';
import { Columns, Form, FormActions } from '../../ui/Form';
import { Page } from '../shell/Page';
import { HostKey } from './HostKey';

export default function AddServerPage() {
  const to = usePaths();
  const go = useGo();
  const me = useMe();
  const refusal = useRefusal('manage:servers');
  const [where, setWhere] = useState<'ssh' | 'local'>('ssh');
  const [secret, setSecret] = useState<'key' | 'password'>('key');
  const [seen, setSeen] = useState<{ for: string; key: HostKeyView }>();
  const form = useForm({
    initialValues: { name: '', host: '', port: 22, user: 'root', privateKey: '', password: '', baseDomain: '', edgePort: '' as number | '' },
    validate: {
      name: (value) => (value.trim() ? null : 'Give the server a name.'),
      host: (value) => (where === 'local' || /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,253}[A-Za-z0-9])?$/.test(value) ? null : 'A host name or an address.'),
      user: (value) => (where === 'local' || /^[a-z_][a-z0-9_-]{0,31}$/.test(value) ? null : 'A user of the server, such as root.'),
      privateKey: (value) => (where === 'ssh' && secret === 'key' && !value.trim() ? 'Paste a private key that may sign in.' : null),
      password: (value) => (where === 'ssh' && secret === 'password' && !value ? 'Give the password of the user.' : null),
    },
  });
  const { values } = form;
  const address = `${values.host}:${values.port}`;
  const key = seen?.for === address ? seen.key : undefined;
  const probe = useSend(() => api.probeHostKey({ host: values.host, port: values.port }), { onDone: (found) => setSeen({ for: address, key: found }) });
  const add = useSend((body: AddServer) => api.addServer(body), {
    onDone: (operation) => go(operation.serverId ? to.server(operation.serverId) : to.operation(operation.id)),
    onError: (error) => form.setErrors(error.fields),
  });

  function submit() {
    if (form.validate().hasErrors) return;
    const common = { name: values.name.trim(), baseDomain: values.baseDomain || undefined, edgePort: values.edgePort === '' ? undefined : values.edgePort };
    if (where === 'local') return add.send({ ...common, host: 'local' });
    add.send({
      ...common,
      host: values.host,
      port: values.port,
      user: values.user,
      privateKey: secret === 'key' ? `${values.privateKey.trim()}\n` : undefined,
      password: values.password || undefined,
      hostKeyFingerprint: key?.fingerprint,
    });
  }

  return (
    <Page title="Add server" crumbs={[{ label: 'Servers', to: to.servers }]} lead="A Linux server with SSH. What is missing on it, such as Docker, is installed.">
      <Form onSubmit={submit}>
        {me.isOperator && (
          <SegmentedControl size="xs" value={where} onChange={(value) => setWhere(value === 'local' ? 'local' : 'ssh')} w={320} aria-label="Where the server is"
            data={[{ value: 'ssh', label: 'Over SSH' }, { value: 'local', label: 'This machine' }]} />
        )}
        <TextInput size="sm" label="Name" description="Lets you tell it from others." placeholder="fra-1" withAsterisk {...form.getInputProps('name')} />
        {where === 'ssh' && (
          <>
            <Columns>
              <TextInput size="sm" label="Host" placeholder="203.0.113.10" withAsterisk spellCheck={false} {...form.getInputProps('host')} />
              <Columns>
                <NumberInput size="sm" label="Port" min={1} max={65535} hideControls {...form.getInputProps('port')} onChange={(value) => form.setFieldValue('port', Number(value) || 22)} />
                <TextInput size="sm" label="User" spellCheck={false} {...form.getInputProps('user')} />
              </Columns>
            </Columns>
            <Section title="Host key" note="Compare the fingerprint with what the server's own console shows. It is pinned: a server with another key is refused." actions={
              <Button variant="default" loading={probe.busy} disabled={!values.host} onClick={() => probe.send(undefined)}>Check host key</Button>
            }>
              {key ? <HostKey hostKey={key} /> : <Text size="sm" className="dim">Not checked: the key that is seen first will be pinned.</Text>}
              <ErrorNote error={probe.error} />
            </Section>
            <Input.Wrapper size="sm" label="Sign in with" labelElement="div">
              <div>
              <SegmentedControl size="xs" w={320} value={secret} onChange={(value) => setSecret(value === 'password' ? 'password' : 'key')} aria-label="Sign in with"
                data={[{ value: 'key', label: 'Private key' }, { value: 'password', label: 'Password' }]} />
              </div>
            </Input.Wrapper>
            {secret === 'key' && <Textarea size="sm" label="Private key" description="OpenSSH or PEM. Used once to install a key of our own, then forgotten." rows={5} spellCheck={false} autoComplete="off" placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }} {...form.getInputProps('privateKey')} />}
            <PasswordInput size="sm" label={secret === 'key' ? 'Password for sudo' : 'Password'} description={secret === 'key' ? 'Only where sudo asks for one.' : 'Used once to install a key of our own, and for sudo where it asks.'} autoComplete="off" {...form.getInputProps('password')} />
          </>
        )}
        <Columns>
          <TextInput size="sm" label="Base domain" description="Instances get names under it. Point a wildcard record at this server." placeholder="apps.example.com" spellCheck={false} {...form.getInputProps('baseDomain')} />
          <NumberInput size="sm" label="Port of the edge" description="Where instances answer to browsers on this server." placeholder={where === 'local' ? '8069' : '80'} min={1} max={65535} hideControls {...form.getInputProps('edgePort')} />
        </Columns>
        <ErrorNote error={add.error} />
        <FormActions>
          <LinkButton to={to.servers} variant="default">Cancel</LinkButton>
          <Action type="submit" loading={add.busy} refusal={refusal}>Add server</Action>
        </FormActions>
      </Form>
    </Page>
  );
}
