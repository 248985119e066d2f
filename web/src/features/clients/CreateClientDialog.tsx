import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { CreateClient } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { named, slugFault } from '../../ui/format';
import { done } from '../../ui/toast';

export function CreateClientDialog({ onClose }: { onClose: () => void }) {
  const go = useGo();
  const to = usePaths();
  const form = useForm({
    initialValues: { name: '', slug: '', logoUrl: '' },
    validate: {
      name: (value) => (value.trim() ? null : 'Give the client a name.'),
      slug: slugFault,
      logoUrl: (value) => (!value || /^(https:\/\/|\/brand\/)/.test(value) ? null : 'An address that begins with https://, or that of an uploaded image.'),
    },
  });
  const create = useSend((body: CreateClient) => api.createClient(body), {
    onDone: (client) => { done(`${client.name} is created.`); go(to.client(client.slug)); },
    onError: (error) => form.setErrors(error.fields),
  });
  return (
    <Dialog onClose={onClose} title="New client">
      <form noValidate onSubmit={form.onSubmit(({ name, slug, logoUrl }) => create.send({ name: name.trim(), slug, logoUrl: logoUrl || undefined }))}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" placeholder="Acme Corp" data-autofocus withAsterisk {...form.getInputProps('name')} onChange={(event) => form.setValues(named(form.values, event.currentTarget.value))} />
          <TextInput size="sm" label="Slug" description="Names the client in addresses and on the command line." placeholder="acme-corp" withAsterisk {...form.getInputProps('slug')} />
          <TextInput size="sm" label="Logo" description="Address of an image; it can be given later." placeholder="https://" {...form.getInputProps('logoUrl')} />
          <ErrorNote error={create.error} />
          <FormActions>
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={create.busy}>Create client</Button>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
