import { type ComponentProps, lazy, Suspense } from 'react';
import { Loading } from '../../ui/Loading';

const DatabasesOfInstance = lazy(() => import('./DatabasesOfInstance'));

/** Loaded only where the tab is opened. */
export function InstanceDatabases(props: ComponentProps<typeof DatabasesOfInstance>) {
  return <Suspense fallback={<Loading />}><DatabasesOfInstance {...props} /></Suspense>;
}
