import { useEffect } from 'react';
import type { BrandingView, PortalView } from '../api/types';
import type { InstanceView, MeView } from '../api/types';

/** A portal as its host would get it, made from branding that may not be saved yet. */
export function portalFrom(branding: BrandingView, clientName: string, slug?: string): PortalView {
  const image = (field: string) => branding.images[field]?.url;
  const primary = branding.primaryColor ?? '#0d6c80';
  const accent = branding.accentColor ?? primary;
  return {
    kind: 'portal', state: 'active', productName: branding.productName ?? clientName, stylesheets: [],
    client: slug ? { name: clientName, slug } : undefined,
    brand: {
      logoUrl: image('logoUrl'), logoDarkUrl: image('logoDarkUrl'), faviconUrl: image('faviconUrl'), loginBgUrl: image('loginBgUrl'), loginBgDarkUrl: image('loginBgDarkUrl'),
      primaryColor: primary, accentColor: accent, primaryColorDark: branding.primaryColorDark ?? themed(branding, '--oc-primary') ?? primary, accentColorDark: branding.accentColorDark ?? themed(branding, '--oc-accent') ?? accent,
      fontFamily: branding.fontFamily ?? 'Inter', footerText: branding.footerText, supportUrl: branding.supportUrl, supportEmail: branding.fromEmail,
    },
  };
}

/** The shade that the server chose for dark surfaces, which stands in the stylesheet only. */
function themed(branding: BrandingView, variable: string): string | undefined {
  const dark = /:root\[data-mantine-color-scheme="dark"\]\{([^}]*)\}/.exec(branding.themeCss)?.[1];
  return dark?.split(';').map((part) => part.split(':')).find(([name]) => name === variable)?.[1];
}

/** Styles of a text; not by an element, which a content security policy may refuse. */
export function useStyles(css: string | undefined) {
  useEffect(() => {
    if (!css) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return () => { document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet); };
  }, [css]);
}

/** For previews only. */
export const sampleInstances = [
  { id: '1', slug: 'acme-erp', name: 'Acme ERP', url: 'https://odoo.acme.com', domain: 'odoo.acme.com', odooVersion: '19.0', odooEdition: 'ce', status: 'running', health: 'healthy' },
  { id: '2', slug: 'acme-test', name: 'Acme test', url: 'https://test.acme.com', domain: 'test.acme.com', odooVersion: '19.0', odooEdition: 'ce', status: 'stopped', health: 'unknown' },
] as InstanceView[];

export const samplePerson = {
  id: '1', name: 'Alice Martin', email: 'alice@acme.com', organizations: [], current: { id: '1', slug: 'acme', name: 'Acme', kind: 'client', permissions: ['manage:instances'] },
} as unknown as MeView;
