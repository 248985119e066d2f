import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { TemplateView } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { done } from '../../ui/toast';

export function DeleteTemplate({ template, onClose, onDone }: { template: TemplateView; onClose: () => void; onDone: () => void }) {
  const remove = useSend(() => api.deleteTemplate(template.id), { onDone: () => { done(`${template.name} is deleted.`); onDone(); } });
  return (
    <Confirm title={`Delete ${template.name}`} verb="Delete template" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      {template.instanceCount > 0
        ? `It stays as long as there are instances made from it: ${template.instanceCount} now.`
        : 'No instance was made from it.'}
    </Confirm>
  );
}
