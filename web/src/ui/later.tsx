import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { Loading } from './Loading';

/** A part of a page whose code comes when it is first shown; in place of its code there is `meanwhile`. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>, meanwhile: ReactNode = <Loading />) {
  const Part = lazy(async () => ({ default: await load() }));
  return function Later(props: P) {
    return <Suspense fallback={meanwhile}><Part {...props} /></Suspense>;
  };
}
