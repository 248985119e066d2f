import { useState } from 'react';
import { Button, Stack, Textarea, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done } from '../../ui/toast';

export function SaveAsTemplate({ instance, onClose }: { instance: InstanceView; onClose: () => void }) {
  const go = useGo();
  const to = usePaths();
  const [name, setName] = useState(`${instance.name} template`);
  const [description, setDescription] = useState('');
  const save = useSend(() => api.templateFromInstance(instance.id, { name: name.trim() || undefined, description: description.trim() || undefined }), {
    onDone: (template) => { done(`${template.name} is made.`); go(to.template(template.id)); },
  });
  return (
    <Dialog onClose={onClose} title="Save as template">
      <form onSubmit={(event) => { event.preventDefault(); save.send(undefined); }}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={save.error?.fields.name} />
          <Textarea size="sm" label="Description" description="Version, modules and settings are taken; data is not." autosize minRows={2} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
          <ErrorNote error={save.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={save.busy}>Save template</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
