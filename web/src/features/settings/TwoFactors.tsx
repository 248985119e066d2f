import { useState } from 'react';
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useMe, useSend } from '../../api/hooks';
import type { RecoveryCodes, TotpSetup } from '../../api/types';
import { Copyable, Section, Status } from '../../ui/Bits';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { plural } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { Codes } from './Codes';
import { QrCode } from './QrCode';

export function TwoFactors() {
  const me = useMe();
  const [setup, setSetup] = useState<TotpSetup>();
  const [codes, setCodes] = useState<RecoveryCodes>();
  const [asking, setAsking] = useState<'disable' | 'codes'>();
  const start = useSend(() => api.startTotp(), { onDone: setSetup, onError: failed });
  return (
    <>
      <Section title="Authenticator app" note="A code of your phone is asked for after your password."
        actions={me.totpEnabled ? <Button variant="default" onClick={() => setAsking('disable')}>Turn off</Button> : <Button loading={start.busy} onClick={() => start.send(undefined)}>Set up</Button>}>
        <Text size="sm"><Status tone={me.totpEnabled ? 'good' : 'idle'}>{me.totpEnabled ? 'On' : 'Off'}</Status></Text>
      </Section>
      {me.totpEnabled && (
        <Section title="Recovery codes" note="Each lets you in once, where the phone is lost." actions={<Button variant="default" onClick={() => setAsking('codes')}>Make new codes</Button>}>
          <Text size="sm"><Status tone={me.recoveryCodesLeft > 3 ? 'good' : 'warn'}>{plural(me.recoveryCodesLeft, 'code')} left</Status></Text>
        </Section>
      )}
      {setup && <SetupDialog setup={setup} onClose={() => setSetup(undefined)} onDone={(made) => { setSetup(undefined); setCodes(made); }} />}
      {codes && <Codes codes={codes.codes} onClose={() => setCodes(undefined)} />}
      {asking && <ProofDialog what={asking} onClose={() => setAsking(undefined)} onCodes={(made) => { setAsking(undefined); setCodes(made); }} />}
    </>
  );
}

function SetupDialog({ setup, onClose, onDone }: { setup: TotpSetup; onClose: () => void; onDone: (codes: RecoveryCodes) => void }) {
  const [code, setCode] = useState('');
  const confirm = useSend(() => api.confirmTotp({ code: code.replace(/\s/g, '') }), { onDone });
  return (
    <Dialog onClose={onClose} title="Set up an authenticator app">
      <form noValidate onSubmit={(event) => { event.preventDefault(); confirm.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">Scan this with the app, or write the key into it.</Text>
          <QrCode text={setup.uri} label="QR code for the authenticator app" />
          <Copyable text={setup.secret.replace(/(.{4})(?=.)/g, '$1 ')} label="Copy key" />
          <TextInput size="sm" label="Code that the app shows" inputMode="numeric" autoComplete="one-time-code" data-autofocus value={code} onChange={(event) => setCode(event.currentTarget.value)} error={confirm.error?.fields.code} />
          <ErrorNote error={confirm.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={confirm.busy} disabled={code.replace(/\s/g, '').length < 6}>Turn on</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function ProofDialog({ what, onClose, onCodes }: { what: 'disable' | 'codes'; onClose: () => void; onCodes: (codes: RecoveryCodes) => void }) {
  const [password, setPassword] = useState('');
  const disable = useSend(() => api.disableTotp({ password }), { onDone: () => { done('Two factors are off.'); onClose(); } });
  const renew = useSend(() => api.newRecoveryCodes({ password }), { onDone: onCodes });
  const act = what === 'disable' ? disable : renew;
  return (
    <Dialog onClose={onClose} title={what === 'disable' ? 'Turn off the authenticator app' : 'Make new recovery codes'}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); act.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">{what === 'disable' ? 'After this your password alone lets in whoever knows it.' : 'The codes made before no longer work.'}</Text>
          <PasswordInput size="sm" label="Your password" autoComplete="current-password" data-autofocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={act.error?.fields.password} />
          <ErrorNote error={act.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" color={what === 'disable' ? 'red.8' : undefined} loading={act.busy} disabled={!password}>{what === 'disable' ? 'Turn off' : 'Make new codes'}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
