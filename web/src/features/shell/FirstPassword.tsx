import { api } from '../../api/endpoints';
import { Outside } from '../session/Outside';
import { PasswordForm } from '../settings/PasswordForm';
import { useSend } from '../../api/hooks';
import { useTexts } from '../../texts/texts';

/** The password was made by the installation: nothing else before it is changed. */
export default function FirstPassword({ email }: { email: string }) {
  const { session: t } = useTexts();
  const change = useSend(api.changePassword);
  return (
    <Outside title={t.choose} lead={t.chosenForYou(email)}>
      <PasswordForm busy={change.busy} error={change.error} verb={t.setPassword} onSubmit={change.send} />
    </Outside>
  );
}
