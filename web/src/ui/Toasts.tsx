import { useSyncExternalStore } from 'react';
import { CloseButton } from '@mantine/core';
import { useTexts } from '../texts/texts';
import { dismiss, toastStore } from './toast';
import classes from './ui.module.css';

export function Toasts() {
  const { common } = useTexts();
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.read);
  return (
    <div className={classes.toasts} role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} className={classes.toast} data-tone={toast.tone}>
          <span className={classes.dot} data-tone={toast.tone} aria-hidden />
          <div>{toast.title && <b>{toast.title}</b>}<div>{toast.message}</div></div>
          <CloseButton size="sm" aria-label={common.close} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
