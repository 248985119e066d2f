import { Button, PasswordInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { ApiError } from '../../api/errors';
import type { ChangePassword } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { ErrorNote } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';

interface Props {
  busy: boolean;
  error?: ApiError;
  verb: string;
  onSubmit: (values: ChangePassword) => void;
}

export function passwordProblem(password: string, problem: string): string | null {
  return password.length >= 8 ? null : problem;
}

export function PasswordForm({ busy, error, verb, onSubmit }: Props) {
  const { account: t } = useTexts();
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '', again: '' },
    validate: {
      currentPassword: (value) => (value ? null : t.giveCurrent),
      newPassword: (value) => passwordProblem(value, t.tooShort),
      again: (value, values) => (value === values.newPassword ? null : t.different),
    },
  });
  return (
    <Form onSubmit={() => { if (!form.validate().hasErrors) onSubmit({ currentPassword: form.values.currentPassword, newPassword: form.values.newPassword }); }}>
      <PasswordInput size="sm" label={t.current} autoComplete="current-password" {...form.getInputProps('currentPassword')} />
      <PasswordInput size="sm" label={t.next} description={t.nextHint} autoComplete="new-password" {...form.getInputProps('newPassword')} />
      <PasswordInput size="sm" label={t.again} autoComplete="new-password" {...form.getInputProps('again')} />
      <ErrorNote error={error} />
      <FormActions><Button type="submit" loading={busy}>{verb}</Button></FormActions>
    </Form>
  );
}
