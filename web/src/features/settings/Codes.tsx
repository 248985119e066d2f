import { Button, Stack, Text } from '@mantine/core';
import { CodeBlock } from '../../ui/Bits';
import { Dialog } from '../../ui/Dialog';
import { FormActions } from '../../ui/Form';

export function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Your recovery codes" once>
      <Stack gap="sm">
        <Text size="sm">Keep them where you find them without your phone. They are shown this once, and each works once.</Text>
        <CodeBlock text={codes.join('\n')} label="Copy codes" />
        <FormActions><Button onClick={onClose}>I have kept them</Button></FormActions>
      </Stack>
    </Dialog>
  );
}
