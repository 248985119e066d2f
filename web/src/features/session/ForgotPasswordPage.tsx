import { useState } from 'react';
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import { Link } from '../../nav';
import { paths } from '../../paths';
import { useTexts } from '../../texts/texts';
import { ErrorNote } from '../../ui/Errors';
import { Outside } from './Outside';

export default function ForgotPasswordPage() {
  const { session: t } = useTexts();
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const ask = useSend(api.forgotPassword, { onDone: () => setSent(true) });
  const back = <Link to={paths.signIn()}>{t.back}</Link>;
  if (sent)
    return (
      <Outside title={t.mailTitle} foot={back}>
        <Text size="sm" mt="sm" role="status">
          {t.mailSent(email)}
        </Text>
      </Outside>
    );
  return (
    <Outside title={t.forgot} lead={t.forgotLead} foot={back}>
      <form onSubmit={(event) => { event.preventDefault(); ask.send({ email: email.trim() }); }}>
        <Stack gap="sm">
          <TextInput size="sm" label={t.email} type="email" required autoComplete="username" autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={ask.error?.fields.email} />
          <ErrorNote error={ask.error} />
          <Button type="submit" size="sm" loading={ask.busy}>{t.sendLink}</Button>
        </Stack>
      </form>
    </Outside>
  );
}
