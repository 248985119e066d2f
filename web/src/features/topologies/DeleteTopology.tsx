import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import { Confirm } from '../../ui/Confirm';
import { done } from '../../ui/toast';

export function DeleteTopology({ topology, onClose, onDone }: { topology: { id: string; name: string }; onClose: () => void; onDone: () => void }) {
  const remove = useSend(() => api.deleteTopology(topology.id), { onDone: () => { done(`${topology.name} is deleted.`); onDone(); } });
  return (
    <Confirm title={`Delete ${topology.name}`} verb="Delete topology" danger type={topology.name} busy={remove.busy} error={remove.error} onConfirm={() => remove.send(undefined)} onClose={onClose}>
      The drawing is gone for good. The servers that it names stay as they are.
    </Confirm>
  );
}
