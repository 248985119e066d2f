import type { BrandMailSample } from '../../api/types';

/** A mail of the portal as the server would send it now, in a frame that runs nothing and leads nowhere. */
export function MailSample({ mail }: { mail: BrandMailSample }) {
  return (
    <div style={{ display: 'flex', flexDirection: 'column', height: '100vh', background: '#f4f5f7', color: '#1b2129', fontFamily: 'system-ui, sans-serif', fontSize: 14, lineHeight: 1.5 }}>
      <title>{`Mail of ${mail.name}`}</title>
      <div style={{ padding: '14px 24px', borderBottom: '1px solid #dde1e6', background: '#ffffff' }}>
        <div style={{ fontWeight: 600 }}>{mail.subject}</div>
        <div style={{ color: '#48515c' }}>{mail.name} &lt;{mail.from}&gt;{mail.replyTo && <>, answers to {mail.replyTo}</>}</div>
      </div>
      <iframe title="The mail" sandbox="" srcDoc={mail.html} style={{ flex: 1, border: 0 }} />
    </div>
  );
}
