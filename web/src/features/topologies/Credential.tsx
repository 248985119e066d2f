import { useState } from 'react';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';
import { done } from '../../ui/toast';

/** The keys behind the name that a bucket's node says. They are kept sealed and never shown again. */
export function Credential({ topology, name, mayChange }: { topology: string; name: string; mayChange: boolean }) {
  const list = useList(api.topologyCredentials(topology));
  const known = list.rows?.find((row) => row.name === name);
  const [asking, setAsking] = useState(false);
  if (!list.rows) return <ErrorNote error={list.error} />;
  return (
    <div>
      <p className="dim">{known ? <>Keys are kept for <span className="mono">{known.accessKey}</span>.</> : `No keys are kept under “${name}” yet.`}</p>
      {mayChange && <Button variant="subtle" size="compact-xs" onClick={() => setAsking(true)}>{known ? 'Replace the keys' : 'Give the keys'}</Button>}
      {asking && <Keys topology={topology} name={name} onClose={() => setAsking(false)} />}
    </div>
  );
}

function Keys({ topology, name, onClose }: { topology: string; name: string; onClose: () => void }) {
  const [accessKey, setAccessKey] = useState('');
  const [secretKey, setSecretKey] = useState('');
  const save = useSend(() => api.setTopologyCredential(topology, name, { accessKey, secretKey }), { onDone: () => { done('The keys are kept.'); onClose(); } });
  return (
    <Dialog title={`Keys of ${name}`} onClose={onClose}>
      <Form onSubmit={() => { if (accessKey && secretKey) save.send(undefined); }}>
        <TextInput size="sm" label="Access key" data-autofocus autoComplete="off" spellCheck={false} value={accessKey} maxLength={200} onChange={(event) => setAccessKey(event.currentTarget.value)} />
        <PasswordInput size="sm" label="Secret key" description="Kept sealed; nobody can read it again." autoComplete="off" value={secretKey} maxLength={200} onChange={(event) => setSecretKey(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the secret key', tabIndex: 0 }} />
        <ErrorNote error={save.error} />
        <FormActions>
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={save.busy} disabled={!accessKey || !secretKey}>Keep</Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
