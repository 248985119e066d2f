import { useState } from 'react';
import { Button, PasswordInput, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { send } from '../../api/client';
import { api } from '../../api/endpoints';
import { type ApiError } from '../../api/errors';
import { queryClient, useSend } from '../../api/hooks';
import type { InvitationPreview, MeView } from '../../api/types';
import { useGo } from '../../nav';
import { paths } from '../../paths';
import { useTexts } from '../../texts/texts';
import { ErrorNote } from '../../ui/Errors';
import { passwordProblem } from '../settings/PasswordForm';
import { Outside } from './Outside';
import { keepToken, mailedToken } from './token';

export default function InvitationPage() {
  const { invitation: t } = useTexts();
  const [token] = useState(mailedToken);
  const preview = useQuery<InvitationPreview, ApiError>({ queryKey: ['invitation', token], queryFn: () => send(api.previewInvitation({ token })), retry: false });
  const me = useQuery<MeView | null>({ queryKey: ['invitation-me'], queryFn: () => send(api.me()).catch(() => null), retry: false });
  if (preview.error)
    return <Outside title={t.broken}><Stack mt="sm"><ErrorNote error={preview.error} /><Text size="sm">{t.askAgain}</Text></Stack></Outside>;
  if (!preview.data || me.isPending) return <Outside title={t.title}><Stack mt="md"><Skeleton h={14} /><Skeleton h={34} /></Stack></Outside>;
  return <Accept token={token} invitation={preview.data} signedInAs={me.data?.email} />;
}

function Accept({ token, invitation, signedInAs }: { token: string; invitation: InvitationPreview; signedInAs: string | undefined }) {
  const { invitation: t, account, session: { recommended } } = useTexts();
  const go = useGo();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const accept = useSend(api.acceptInvitation, { onDone: () => { keepToken(undefined); queryClient.clear(); go(paths.root, { replace: true }); } });
  const lead = t.lead(invitation.role, invitation.email);
  const title = t.join(invitation.organization);
  if (invitation.accountExists && signedInAs?.toLowerCase() !== invitation.email.toLowerCase())
    return (
      <Outside title={title} lead={lead}>
        <Stack gap="sm" mt="md">
          <Text size="sm">{t.haveAccount} {signedInAs && t.signedInAs(signedInAs)}</Text>
          <Button size="sm" onClick={() => { keepToken(token); go(paths.signIn(paths.acceptInvitation)); }}>{t.signIn}</Button>
        </Stack>
      </Outside>
    );
  return (
    <Outside title={title} lead={lead}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (invitation.accountExists) return accept.send({ token });
          const wrong = passwordProblem(password, account.tooShort);
          setProblem(wrong);
          if (!wrong) accept.send({ token, name: name.trim(), password });
        }}
      >
        <Stack gap="sm">
          {!invitation.accountExists && (
            <>
              <TextInput size="sm" label={t.yourName} autoComplete="name" autoFocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={accept.error?.fields.name} />
              <PasswordInput size="sm" label={t.choosePassword} description={recommended} autoComplete="new-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={problem ?? accept.error?.fields.password} />
            </>
          )}
          <ErrorNote error={accept.error} />
          <Button type="submit" size="sm" loading={accept.busy}>{t.accept}</Button>
        </Stack>
      </form>
    </Outside>
  );
}
