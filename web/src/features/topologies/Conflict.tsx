import { Button, Group, Stack, Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import type { CreateTopology } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { When } from '../../ui/Bits';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { done } from '../../ui/toast';
import { requestText, wireOf } from './drawing';
import type { Editor } from './useEditor';
import { useWrite } from './written';

/** Somebody else has saved meanwhile: nobody's work is thrown away without a word. */
export default function Conflict({ editor }: { editor: Editor }) {
  const go = useGo();
  const to = usePaths();
  const { draft, topology, base, rebase, setConflict, saving } = editor;
  const known = topology.version > base.version;
  const copy = useWrite((body: CreateTopology) => ({ request: api.createTopology(body), text: requestText(body, draft) }), { onDone: (made) => { rebase(topology, true); setConflict(false); done(`${made.name} is made.`); setTimeout(() => go(to.topology(made.id))); } });
  return (
    <Dialog title="Somebody else has saved this topology" onClose={() => setConflict(false)}>
      <Stack gap="sm">
        <Text size="sm">It was changed <When at={topology.updatedAt} /> while you were drawing. You can keep your drawing as a topology of its own, put it in the place of theirs, or take theirs.</Text>
        <ErrorNote error={copy.error} />
        <Group gap={8} justify="flex-end">
          <Button variant="default" disabled={!known} onClick={() => { rebase(topology, true); setConflict(false); }}>Take theirs</Button>
          <Button variant="default" disabled={!known} loading={saving} onClick={() => editor.saveOver(topology.version)}>Replace theirs with mine</Button>
          <Button loading={copy.busy} onClick={() => copy.send({ name: `${draft.name.slice(0, 93)} (mine)`, description: draft.description || undefined, topologyData: wireOf(draft), haConfig: draft.ha })}>Keep mine as a copy</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
