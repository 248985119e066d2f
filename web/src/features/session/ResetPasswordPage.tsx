import { useState } from 'react';
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import { Link, LinkButton } from '../../nav';
import { paths } from '../../paths';
import { useTexts } from '../../texts/texts';
import { ErrorNote } from '../../ui/Errors';
import { passwordProblem } from '../settings/PasswordForm';
import { Outside } from './Outside';
import { mailedToken } from './token';

export default function ResetPasswordPage() {
  const { session: t, account } = useTexts();
  const [token] = useState(mailedToken);
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [changed, setChanged] = useState(false);
  const save = useSend(api.resetPassword, { onDone: () => setChanged(true) });
  if (changed)
    return (
      <Outside title={t.changed}>
        <Stack gap="sm" mt="sm"><Text size="sm" role="status">{t.othersEnded}</Text><LinkButton to={paths.signIn()} size="sm">{t.signIn}</LinkButton></Stack>
      </Outside>
    );
  if (!token)
    return (
      <Outside title={t.linkBroken} foot={<Link to={paths.forgotPassword}>{t.newLink}</Link>}>
        <Text size="sm" mt="sm">{t.linkHint}</Text>
      </Outside>
    );
  return (
    <Outside title={t.chooseNew} foot={<Link to={paths.forgotPassword}>{t.newLink}</Link>}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const wrong = passwordProblem(password, account.tooShort);
          setProblem(wrong);
          if (!wrong) save.send({ token, password });
        }}
      >
        <Stack gap="sm">
          <PasswordInput size="sm" label={t.newPassword} description={t.recommended} autoComplete="new-password" autoFocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={problem ?? save.error?.fields.password} />
          <ErrorNote error={save.error} />
          <Button type="submit" size="sm" loading={save.busy}>{t.setPassword}</Button>
        </Stack>
      </form>
    </Outside>
  );
}
