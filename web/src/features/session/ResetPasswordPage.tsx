import { useState } from 'react';
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import { Link, LinkButton } from '../../nav';
import { paths } from '../../paths';
import { ErrorNote } from '../../ui/Errors';
import { passwordProblem } from '../settings/PasswordForm';
import { Outside } from './Outside';
import { mailedToken } from './token';

export default function ResetPasswordPage() {
  const [token] = useState(mailedToken);
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [changed, setChanged] = useState(false);
  const save = useSend(api.resetPassword, { onDone: () => setChanged(true) });
  if (changed)
    return (
      <Outside title="Your password is changed">
        <Stack gap="sm" mt="sm"><Text size="sm" role="status">All other sessions were ended.</Text><LinkButton to={paths.signIn()} size="sm">Sign in</LinkButton></Stack>
      </Outside>
    );
  if (!token)
    return (
      <Outside title="This link is not complete" foot={<Link to={paths.forgotPassword}>Ask for a new link</Link>}>
        <Text size="sm" mt="sm">Open the link of the mail once more, or copy all of it into the address bar.</Text>
      </Outside>
    );
  return (
    <Outside title="Choose a new password" foot={<Link to={paths.forgotPassword}>Ask for a new link</Link>}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const wrong = passwordProblem(password);
          setProblem(wrong);
          if (!wrong) save.send({ token, password });
        }}
      >
        <Stack gap="sm">
          <PasswordInput size="sm" label="New password" description="15 or more characters are recommended." autoComplete="new-password" autoFocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={problem ?? save.error?.fields.password} />
          <ErrorNote error={save.error} />
          <Button type="submit" size="sm" loading={save.busy}>Set password</Button>
        </Stack>
      </form>
    </Outside>
  );
}
