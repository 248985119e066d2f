import { useState } from 'react';
import { Anchor, Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { send } from '../../api/client';
import { api } from '../../api/endpoints';
import { ApiError, asApiError } from '../../api/errors';
import { queryClient } from '../../api/hooks';
import type { LoginRequest } from '../../api/types';
import { Link, useGo, useUrlState } from '../../nav';
import { paths, safeReturn } from '../../paths';
import { useTexts } from '../../texts/texts';
import { ErrorNote } from '../../ui/Errors';
import { Outside } from './Outside';
import { askPasskey, passkeysWork } from './passkey';

export default function SignInPage() {
  const { session: t } = useTexts();
  const go = useGo();
  const [to] = useUrlState('to');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [factor, setFactor] = useState<'none' | 'totp' | 'recovery'>('none');
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();

  async function attempt(what: () => Promise<unknown>) {
    setBusy(true);
    setError(undefined);
    try {
      await what();
      queryClient.clear();
      go(safeReturn(to), { replace: true });
    } catch (caught) {
      const problem = asApiError(caught);
      if (problem.code === 'totp_required' && factor === 'none') setFactor('totp');
      else setError(problem);
    } finally {
      setBusy(false);
    }
  }

  function signIn() {
    if (!email.trim() || !password) {
      setError(new ApiError(0, { code: 'incomplete', detail: t.incomplete }));
      return;
    }
    const request: LoginRequest = { email: email.trim(), password };
    if (factor === 'totp') request.totp = code.replace(/\s/g, '');
    if (factor === 'recovery') request.recoveryCode = code.trim();
    void attempt(() => send(api.login(request)));
  }

  async function withPasskey() {
    const { options } = await send(api.passkeyOptions());
    let credential: string;
    try {
      credential = await askPasskey(options);
    } catch {
      throw new ApiError(0, { code: 'passkey_cancelled', detail: t.passkeyCancelled, hint: t.passkeyHint });
    }
    await send(api.passkeyLogin({ credential }));
  }

  const second = factor !== 'none';
  return (
    <Outside title={t.signIn} lead={second ? t.oneMore : undefined}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); signIn(); }}>
        <Stack gap="sm">
          {second ? (
            <TextInput
              key={factor}
              size="sm"
              label={factor === 'totp' ? t.code : t.recovery}
              inputMode={factor === 'totp' ? 'numeric' : 'text'}
              autoComplete="one-time-code"
              spellCheck={false}
              autoFocus
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          ) : (
            <>
              <TextInput size="sm" label={t.email} type="email" autoComplete="username webauthn" autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
              <PasswordInput size="sm" label={t.password} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
            </>
          )}
          <ErrorNote error={error} />
          <Button type="submit" size="sm" loading={busy} fullWidth>{t.signIn}</Button>
          {second ? (
            <Anchor component="button" type="button" size="sm" onClick={() => { setFactor(factor === 'totp' ? 'recovery' : 'totp'); setCode(''); setError(undefined); }}>
              {factor === 'totp' ? t.useRecovery : t.useApp}
            </Anchor>
          ) : (
            <>
              {passkeysWork() && (
                <>
                  <Divider label={t.or} labelPosition="center" />
                  <Button variant="default" size="sm" leftSection={<IconFingerprint size={16} aria-hidden />} onClick={() => void attempt(withPasskey)} disabled={busy}>{t.passkey}</Button>
                </>
              )}
              <Link to={paths.forgotPassword}>{t.forgot}</Link>
            </>
          )}
        </Stack>
      </form>
    </Outside>
  );
}
