import { api } from '../../api/endpoints';
import { Outside } from '../session/Outside';
import { PasswordForm } from '../settings/PasswordForm';
import { useSend } from '../../api/hooks';

/** The password was made by the installation: nothing else before it is changed. */
export default function FirstPassword({ email }: { email: string }) {
  const change = useSend(api.changePassword);
  return (
    <Outside title="Choose your password" lead={`The password of ${email} was made for you. Choose your own to go on.`}>
      <PasswordForm busy={change.busy} error={change.error} verb="Set password" onSubmit={change.send} />
    </Outside>
  );
}
