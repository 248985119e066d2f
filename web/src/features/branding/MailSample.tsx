import type { PortalView } from '../../api/types';
import { textOn } from '../../portal/brand';

/** How a mail of the portal looks: an invitation. Mail programs know no stylesheets, so its colours stand on its parts. */
export function MailSample({ portal, from }: { portal: PortalView; from?: string }) {
  const { brand, productName } = portal;
  const primary = brand?.primaryColor ?? '#0d6c80';
  return (
    <div style={{ minHeight: '100vh', padding: '20px 12px', background: '#f2f4f6', color: '#1b2129', fontFamily: 'system-ui, sans-serif', fontSize: 15, lineHeight: 1.55 }}>
      <title>{`Mail of ${productName}`}</title>
      <div style={{ maxWidth: 560, margin: '0 auto' }}>
        <p style={{ margin: '0 0 12px', fontSize: 13, color: '#48515c' }}>From: {productName} &lt;{from ?? 'the address of this installation'}&gt;<br />Subject: Invitation to Acme</p>
        <div style={{ padding: '28px 30px', background: '#ffffff', border: '1px solid #e2e6ea', borderRadius: 8 }}>
          {brand?.logoUrl ? <img src={brand.logoUrl} alt={productName} style={{ maxHeight: 40, maxWidth: 220 }} /> : <b style={{ fontSize: 18 }}>{productName}</b>}
          <p style={{ margin: '20px 0 14px' }}>Hello,</p>
          <p style={{ margin: '0 0 22px' }}>you are invited to work in Acme. Follow the link to choose a password; it is valid for 7 days.</p>
          <p style={{ margin: 0 }}><span style={{ display: 'inline-block', padding: '10px 20px', borderRadius: 6, background: primary, color: textOn(primary), fontWeight: 600 }}>Accept the invitation</span></p>
        </div>
        {brand?.footerText && <p style={{ margin: '16px 4px 0', fontSize: 13, color: '#48515c', whiteSpace: 'pre-line' }}>{brand.footerText}</p>}
      </div>
    </div>
  );
}
