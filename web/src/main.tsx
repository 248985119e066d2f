import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import './theme/app.css';
import { onSignedOut } from './api/client';
import { queryClient } from './api/hooks';
import { paths } from './paths';
import { router } from './routes';
import { theme, variables } from './theme/theme';
import { Toasts } from './ui/Toasts';

onSignedOut(() => {
  const { pathname, search } = window.location;
  if (pathname === '/sign-in' || pathname === paths.acceptInvitation) return;
  queryClient.clear();
  void router.navigate({ to: paths.signIn(pathname === '/' ? undefined : pathname + search), replace: true });
});

const root = document.getElementById('root');
if (!root) throw new Error('No #root');

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
