import { useState, type ReactNode } from 'react';
import { Button, Code, Stack, Text, TextInput } from '@mantine/core';
import type { ApiError } from '../api/errors';
import { ErrorNote } from './Errors';
import classes from './ui.module.css';
import { useTexts } from '../texts/texts';
import { Dialog } from './Dialog';

interface Props {
  title: string;
  children: ReactNode;
  /** The verb on the button, for example "Delete client". */
  verb: string;
  danger?: boolean;
  /** A name that has to be typed first. */
  type?: string;
  busy?: boolean;
  error?: ApiError;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is lost. */
export function Confirm({ title, children, verb, danger, type, busy, error, onConfirm, onClose }: Props) {
  const { common } = useTexts();
  const [typed, setTyped] = useState('');
  const ready = !type || typed.trim() === type;
  return (
    <Dialog onClose={onClose} title={title}>
      <form onSubmit={(event) => { event.preventDefault(); if (ready && !busy) onConfirm(); }}>
        <Stack gap="sm">
          <Text size="sm" component="div">{children}</Text>
          {type && (
            <TextInput
              size="sm"
              data-autofocus
              label={<>{common.typeBefore} <Code fz={12}>{type}</Code> {common.typeAfter}</>}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <ErrorNote error={error} />
          <div className={classes.formActions}>
            <Button variant="default" onClick={onClose}>{common.cancel}</Button>
            <Button type="submit" color={danger ? 'red.8' : undefined} loading={busy} disabled={!ready} data-autofocus={type ? undefined : true}>{verb}</Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  );
}
