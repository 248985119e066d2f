import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ApiError } from '../api/errors';
import { useTexts } from '../texts/texts';
import classes from './ui.module.css';

/** What went wrong, what to do about it, and the code that a person can quote. */
export function ErrorNote({ error, children }: { error: ApiError | undefined; children?: React.ReactNode }) {
  const { errors, common } = useTexts();
  if (!error) return null;
  return (
    <Alert role="alert" color="red" variant="default" icon={<IconAlertTriangle size={18} aria-hidden />} className={classes.errorNote} p="sm">
      <Stack gap={4}>
        <Text size="sm" fw={500}>{errors[error.code] ?? error.message}</Text>
        {error.hint && !errors[error.code] && <Text size="sm">{error.hint}</Text>}
        <Group gap={6} className="dim">
          <Code fz={11}>{error.code}</Code>
          {error.traceId && <Text span size="xs">{common.trace} {error.traceId}</Text>}
        </Group>
        {children}
      </Stack>
    </Alert>
  );
}

/** What a person may do whose form is older than what is there. */
export function Overwrite({ busy, onClick }: { busy: boolean; onClick: (() => void) | undefined }) {
  const { common } = useTexts();
  return onClick && <Group mt={6}><Button variant="default" loading={busy} onClick={onClick}>{common.overwrite}</Button></Group>;
}

/** In place of a page or a table that could not be read. */
export function ErrorState({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  const { common } = useTexts();
  return (
    <div className={classes.state}>
      <ErrorNote error={error}>
        {onRetry && (
          <Group mt={6}>
            <Button variant="default" onClick={onRetry}>{common.tryAgain}</Button>
          </Group>
        )}
      </ErrorNote>
    </div>
  );
}
