import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import '@mantine/core/styles.css';
import './theme/app.css';
import { portalOfPage } from './portal/portal';
import { stylesCarryNonce } from './theme/nonce';

stylesCarryNonce();

const element = document.getElementById('root');
if (!element) throw new Error('No #root');

/** Three programs in one: a client's portal, by the host; the portal as the agency looks at it; the agency's dashboard. */
async function start(): Promise<ReactNode> {
  const portal = portalOfPage();
  if (portal) {
    const { Portal, prepare } = await import('./portal/Portal');
    return <Portal portal={portal} first={await prepare()} />;
  }
  if (window.location.pathname.startsWith('/view/')) {
    const { ViewedPortal } = await import('./portal/ViewedPortal');
    return <ViewedPortal />;
  }
  const { Dashboard } = await import('./Dashboard');
  return <Dashboard />;
}

const root = createRoot(element);
void start().then((app) => root.render(<StrictMode>{app}</StrictMode>));
