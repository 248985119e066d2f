import type { ErrorComponentProps } from '@tanstack/react-router';
import { asApiError } from '../../api/errors';
import { ErrorState } from '../../ui/Errors';

/** A page that broke, or whose script could not be loaded after an update. */
export function RouteError({ error }: ErrorComponentProps) {
  return <ErrorState error={asApiError(error)} onRetry={() => window.location.reload()} />;
}
