import { type ComponentProps, lazy, Suspense } from 'react';
import { Loading } from '../../ui/Loading';

const BackupsOfInstance = lazy(() => import('./BackupsOfInstance'));

/** Loaded only where the tab is opened. */
export function InstanceBackups(props: ComponentProps<typeof BackupsOfInstance>) {
  return <Suspense fallback={<Loading />}><BackupsOfInstance {...props} /></Suspense>;
}
