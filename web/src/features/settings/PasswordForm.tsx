import { Button, PasswordInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { ApiError } from '../../api/errors';
import type { ChangePassword } from '../../api/types';
import { ErrorNote } from '../../ui/Errors';
import { Form, FormActions } from '../../ui/Form';

interface Props {
  busy: boolean;
  error?: ApiError;
  verb: string;
  onSubmit: (values: ChangePassword) => void;
}

export function passwordProblem(password: string): string | null {
  return password.length >= 8 ? null : 'Use at least 8 characters; 15 or more are better.';
}

export function PasswordForm({ busy, error, verb, onSubmit }: Props) {
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '', again: '' },
    validate: {
      currentPassword: (value) => (value ? null : 'Give the password you signed in with.'),
      newPassword: passwordProblem,
      again: (value, values) => (value === values.newPassword ? null : 'The two do not agree.'),
    },
  });
  return (
    <Form onSubmit={() => { if (!form.validate().hasErrors) onSubmit({ currentPassword: form.values.currentPassword, newPassword: form.values.newPassword }); }}>
      <PasswordInput size="sm" label="Current password" autoComplete="current-password" {...form.getInputProps('currentPassword')} />
      <PasswordInput size="sm" label="New password" description="A sentence of a few words is good. 15 or more characters are recommended." autoComplete="new-password" {...form.getInputProps('newPassword')} />
      <PasswordInput size="sm" label="New password again" autoComplete="new-password" {...form.getInputProps('again')} />
      <ErrorNote error={error} />
      <FormActions><Button type="submit" loading={busy}>{verb}</Button></FormActions>
    </Form>
  );
}
