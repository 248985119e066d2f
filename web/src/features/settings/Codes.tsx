import { Button, Stack, Text } from '@mantine/core';
import { CodeBlock } from '../../ui/Bits';
import { Dialog } from '../../ui/Dialog';
import { FormActions } from '../../ui/Form';
import { useTexts } from '../../texts/texts';

export function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const { account: t } = useTexts();
  return (
    <Dialog onClose={onClose} title={t.codesTitle} once>
      <Stack gap="sm">
        <Text size="sm">{t.codesNote}</Text>
        <CodeBlock text={codes.join('\n')} label={t.copyCodes} />
        <FormActions><Button onClick={onClose}>{t.kept}</Button></FormActions>
      </Stack>
    </Dialog>
  );
}
