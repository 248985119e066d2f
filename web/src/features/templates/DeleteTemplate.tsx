import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { TemplateView } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { plural } from '../../ui/format';
import { done } from '../../ui/toast';

export function DeleteTemplate({ template, onClose, onDone }: { template: TemplateView; onClose: () => void; onDone: () => void }) {
  const remove = useSend(() => api.deleteTemplate(template.id), { onDone: () => { done(`${template.name} is deleted.`); onDone(); } });
  return (
    <Confirm title={`Delete ${template.name}`} verb="Delete template" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      {template.instanceCount > 0
        ? `${plural(template.instanceCount, 'instance')} made from it go on as they are; they only lose the link to it.`
        : 'No instance was made from it.'}
    </Confirm>
  );
}
