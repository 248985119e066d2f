import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import classes from './ui.module.css';

export function Form({ onSubmit, children, wide }: { onSubmit: () => void; children: ReactNode; wide?: boolean }) {
  return (
    <form
      noValidate
      className={classes.form}
      style={wide ? { maxWidth: 860 } : undefined}
      onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); onSubmit(); }}
    >
      {children}
    </form>
  );
}

export function Columns({ children }: { children: ReactNode }) {
  return <div className={classes.columns}>{children}</div>;
}

export function FormActions({ children }: { children: ReactNode }) {
  return <div className={classes.formActions}>{children}</div>;
}

/** One save for the page; there only while something is not saved. */
export function UnsavedBar({ shown, busy, verb = 'Save', onSave, onReset }: { shown: boolean; busy?: boolean; verb?: string; onSave: () => void; onReset: () => void }) {
  if (!shown) return null;
  return (
    <div className={classes.unsaved} role="region" aria-label="Unsaved changes">
      <span>You have unsaved changes.</span>
      <span style={{ display: 'flex', gap: 8 }}>
        <Button variant="default" onClick={onReset}>Discard</Button>
        <Button loading={busy} onClick={onSave}>{verb}</Button>
      </span>
    </div>
  );
}
