import { useState } from 'react';
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useMe, useSend } from '../../api/hooks';
import type { RecoveryCodes, TotpSetup } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Copyable, Section, Status } from '../../ui/Bits';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done, failed } from '../../ui/toast';
import { Codes } from './Codes';
import { QrCode } from './QrCode';

export function TwoFactors() {
  const me = useMe();
  const { account: t } = useTexts();
  const [setup, setSetup] = useState<TotpSetup>();
  const [codes, setCodes] = useState<RecoveryCodes>();
  const [asking, setAsking] = useState<'disable' | 'codes'>();
  const start = useSend(() => api.startTotp(), { onDone: setSetup, onError: failed });
  return (
    <>
      <Section title={t.app} note={t.appNote}
        actions={me.totpEnabled ? <Button variant="default" onClick={() => setAsking('disable')}>{t.turnOff}</Button> : <Button loading={start.busy} onClick={() => start.send(undefined)}>{t.setUp}</Button>}>
        <Text size="sm"><Status tone={me.totpEnabled ? 'good' : 'idle'}>{me.totpEnabled ? t.isOn : t.isOff}</Status></Text>
      </Section>
      {me.totpEnabled && (
        <Section title={t.recoveryCodes} note={t.recoveryNote} actions={<Button variant="default" onClick={() => setAsking('codes')}>{t.makeNew}</Button>}>
          <Text size="sm"><Status tone={me.recoveryCodesLeft > 3 ? 'good' : 'warn'}>{t.left(me.recoveryCodesLeft)}</Status></Text>
        </Section>
      )}
      {setup && <SetupDialog setup={setup} onClose={() => setSetup(undefined)} onDone={(made) => { setSetup(undefined); setCodes(made); }} />}
      {codes && <Codes codes={codes.codes} onClose={() => setCodes(undefined)} />}
      {asking && <ProofDialog what={asking} onClose={() => setAsking(undefined)} onCodes={(made) => { setAsking(undefined); setCodes(made); }} />}
    </>
  );
}

function SetupDialog({ setup, onClose, onDone }: { setup: TotpSetup; onClose: () => void; onDone: (codes: RecoveryCodes) => void }) {
  const { account: t, common } = useTexts();
  const [code, setCode] = useState('');
  const confirm = useSend(() => api.confirmTotp({ code: code.replace(/\s/g, '') }), { onDone });
  return (
    <Dialog onClose={onClose} title={t.setUpTitle}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); confirm.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">{t.scan}</Text>
          <QrCode text={setup.uri} label={t.qr} />
          <Copyable text={setup.secret.replace(/(.{4})(?=.)/g, '$1 ')} label={t.copyKey} />
          <TextInput size="sm" label={t.codeShown} inputMode="numeric" autoComplete="one-time-code" data-autofocus value={code} onChange={(event) => setCode(event.currentTarget.value)} error={confirm.error?.fields.code} />
          <ErrorNote error={confirm.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={confirm.busy} disabled={code.replace(/\s/g, '').length < 6}>{t.turnOn}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function ProofDialog({ what, onClose, onCodes }: { what: 'disable' | 'codes'; onClose: () => void; onCodes: (codes: RecoveryCodes) => void }) {
  const { account: t, common } = useTexts();
  const [password, setPassword] = useState('');
  const disable = useSend(() => api.disableTotp({ password }), { onDone: () => { done(t.areOff); onClose(); } });
  const renew = useSend(() => api.newRecoveryCodes({ password }), { onDone: onCodes });
  const act = what === 'disable' ? disable : renew;
  return (
    <Dialog onClose={onClose} title={what === 'disable' ? t.turnOffTitle : t.makeNewTitle}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); act.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">{what === 'disable' ? t.turnOffNote : t.makeNewNote}</Text>
          <PasswordInput size="sm" label={t.yourPassword} autoComplete="current-password" data-autofocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={act.error?.fields.password} />
          <ErrorNote error={act.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" color={what === 'disable' ? 'red.8' : undefined} loading={act.busy} disabled={!password}>{what === 'disable' ? t.turnOff : t.makeNew}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
