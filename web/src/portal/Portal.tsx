import { useCallback, useMemo, useState } from 'react';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { onSignedOut } from '../api/client';
import { queryClient } from '../api/hooks';
import type { PortalBrand, PortalView } from '../api/types';
import { paths } from '../paths';
import type { Texts } from '../texts/en';
import { keep, kept, type Language, load, preferred, TextsContext } from '../texts/texts';
import { styleNonce } from '../theme/nonce';
import { theme, variables } from '../theme/theme';
import { Toasts } from '../ui/Toasts';
import { brandTheme, brandVariables } from './brand';
import { Gone } from './Gone';
import { PortalContext } from './portal';
import { portalRouter } from './routes';

export interface Spoken { language: Language; texts: Texts }

/** The texts have to be there before anything is shown, or the page would change its language while it is read. */
export async function prepare(): Promise<Spoken> {
  const language = preferred();
  return { language, texts: await load(language) };
}

interface Props { portal: PortalView; first: Spoken; router?: ReturnType<typeof portalRouter> }

export function Portal({ portal, first, router: given }: Props) {
  const [spoken, setSpoken] = useState(first);
  const router = useMemo(() => given ?? signingOut(portalRouter()), [given]);
  const [chosen, setChosen] = useState(() => kept() !== null);
  const choose = useCallback((language: Language) => {
    keep(language);
    setChosen(true);
    document.documentElement.lang = language;
    void load(language).then((texts) => setSpoken({ language, texts }));
  }, []);
  document.documentElement.lang = spoken.language;
  const open = portal.state === 'active';
  return (
    <TextsContext value={{ ...spoken, chosen, choose }}>
      <PortalContext value={portal}>
        <BrandedProvider brand={portal.brand ?? undefined}>
          {/* Each page has its own, and none while its code is on its way. */}
          <title>{portal.productName}</title>
          <QueryClientProvider client={queryClient}>
            {open ? <RouterProvider router={router} /> : <Gone suspended={portal.state === 'suspended'} message={portal.message} />}
            <Toasts />
          </QueryClientProvider>
        </BrandedProvider>
      </PortalContext>
    </TextsContext>
  );
}

function BrandedProvider({ brand, children }: { brand: PortalBrand | undefined; children: React.ReactNode }) {
  const mine = useMemo(() => (brand ? { theme: brandTheme(brand), variables: brandVariables(brand) } : { theme, variables }), [brand]);
  return <MantineProvider theme={mine.theme} cssVariablesResolver={mine.variables} defaultColorScheme="auto" getStyleNonce={styleNonce}>{children}</MantineProvider>;
}

function signingOut(router: ReturnType<typeof portalRouter>) {
  onSignedOut(() => {
    const { pathname, search } = window.location;
    if (pathname === '/sign-in' || pathname === paths.acceptInvitation) return;
    queryClient.clear();
    void router.navigate({ to: paths.signIn(pathname === '/' ? undefined : pathname + search), replace: true });
  });
  return router;
}
