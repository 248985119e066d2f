import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/errors';

const common = { withBorder: true, closeButtonProps: { 'aria-label': 'Dismiss' } };

export function done(message: ReactNode) {
  notifications.show({ ...common, message, color: 'teal' });
}

export function failed(error: ApiError) {
  notifications.show({
    ...common,
    color: 'red',
    title: error.message,
    message: [error.hint, `(${error.code})`].filter(Boolean).join(' '),
    autoClose: 10_000,
  });
}
