import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { CreateOrganization } from '../../api/types';
import { useGo } from '../../nav';
import { paths } from '../../paths';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { named, slugFault } from '../../ui/format';

export default function NewOrganization({ onClose }: { onClose: () => void }) {
  const go = useGo();
  const form = useForm<CreateOrganization>({
    initialValues: { name: '', slug: '' },
    validate: {
      name: (value) => (value.trim() ? null : 'Give it a name.'),
      slug: slugFault,
    },
  });
  const create = useSend((body: CreateOrganization) => api.createOrganization(body), {
    onDone: (organization) => { onClose(); go(paths.in(organization.slug).home); },
    onError: (error) => form.setErrors(error.fields),
  });
  return (
    <Dialog onClose={onClose} title="New organization">
      <form noValidate onSubmit={form.onSubmit((values) => create.send(values))}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" data-autofocus required {...form.getInputProps('name')} onChange={(event) => form.setValues(named(form.values, event.currentTarget.value))} />
          <TextInput size="sm" label="Slug" description="Names it in addresses and on the command line." required {...form.getInputProps('slug')} />
          <ErrorNote error={create.error} />
          <FormActions>
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={create.busy}>Create organization</Button>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
