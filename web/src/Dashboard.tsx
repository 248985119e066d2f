import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import '@fontsource-variable/inter/wght.css';
import { onSignedOut } from './api/client';
import { queryClient } from './api/hooks';
import { paths } from './paths';
import { router } from './routes';
import { en } from './texts/en';
import { TextsContext } from './texts/texts';
import { styleNonce } from './theme/nonce';
import { product } from './theme/product';
import { theme, variables } from './theme/theme';
import { Toasts } from './ui/Toasts';

onSignedOut(() => {
  const { pathname, search } = window.location;
  if (pathname === '/sign-in' || pathname === paths.acceptInvitation) return;
  queryClient.clear();
  void router.navigate({ to: paths.signIn(pathname === '/' ? undefined : pathname + search), replace: true });
});

const english = { language: 'en' as const, texts: en };

/** Where agencies work. */
export function Dashboard() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      {/* Each page has its own, and none while its code is on its way. */}
      <title>{product.name}</title>
      <TextsContext value={english}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Toasts />
        </QueryClientProvider>
      </TextsContext>
    </MantineProvider>
  );
}
