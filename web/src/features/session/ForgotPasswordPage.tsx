import { useState } from 'react';
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import { Link } from '../../nav';
import { paths } from '../../paths';
import { ErrorNote } from '../../ui/Errors';
import { Outside } from './Outside';

export default function ForgotPasswordPage() {
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const ask = useSend(api.forgotPassword, { onDone: () => setSent(true) });
  const back = <Link to={paths.signIn()}>Back to sign-in</Link>;
  if (sent)
    return (
      <Outside title="Look into your mail" foot={back}>
        <Text size="sm" mt="sm" role="status">
          If an account with the address {email} exists, a link to choose a new password is on its way. It works once, for one hour. Nothing arrived? Ask the person who runs this installation whether it can send mail.
        </Text>
      </Outside>
    );
  return (
    <Outside title="Forgot your password?" lead="We send you a link with which you choose a new one." foot={back}>
      <form onSubmit={(event) => { event.preventDefault(); ask.send({ email: email.trim() }); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="E-mail" type="email" required autoComplete="username" autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={ask.error?.fields.email} />
          <ErrorNote error={ask.error} />
          <Button type="submit" size="sm" loading={ask.busy}>Send the link</Button>
        </Stack>
      </form>
    </Outside>
  );
}
