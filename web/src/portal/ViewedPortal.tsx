import { useEffect, useState } from 'react';
import { MantineProvider } from '@mantine/core';
import { send } from '../api/client';
import { api } from '../api/endpoints';
import { type ApiError, asApiError } from '../api/errors';
import { viewing } from '../api/viewing';
import type { PortalView } from '../api/types';
import { en } from '../texts/en';
import { TextsContext } from '../texts/texts';
import { styleNonce } from '../theme/nonce';
import { theme, variables } from '../theme/theme';
import { ErrorState } from '../ui/Errors';
import { Loading } from '../ui/Loading';
import { Portal, prepare, type Spoken } from './Portal';
import { portalFrom, useStyles } from './sample';

/** `/view/acme-corp?agency=northwind`: asks for the ticket, then shows the portal under the client's brand. */
export function ViewedPortal() {
  const [found, setFound] = useState<{ portal: PortalView; css: string; spoken: Spoken }>();
  const [error, setError] = useState<ApiError>();
  useStyles(found?.css);
  useEffect(() => {
    const slug = decodeURIComponent(window.location.pathname.split('/')[2] ?? '');
    const org = new URLSearchParams(window.location.search).get('agency') ?? undefined;
    void (async () => {
      try {
        const [ticket, branding, spoken] = await Promise.all([send(api.viewAsClient(slug, {}), { org }), send(api.clientBranding(slug), { org }), prepare()]);
        viewing.begin(ticket);
        setFound({ portal: portalFrom(branding, ticket.client.name, slug), css: branding.themeCss, spoken });
      } catch (caught) {
        setError(asApiError(caught));
      }
    })();
  }, []);
  if (found) return <Portal portal={found.portal} first={found.spoken} />;
  return (
    <TextsContext value={{ language: 'en', texts: en }}>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={styleNonce}>{error ? <ErrorState error={error} /> : <Loading />}</MantineProvider>
    </TextsContext>
  );
}
