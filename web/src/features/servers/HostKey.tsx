import type { HostKeyView } from '../../api/types';
import { CodeBlock, Copyable, Facts } from '../../ui/Bits';

const files: Record<string, string> = { 'ssh-ed25519': 'ed25519', 'ssh-rsa': 'rsa', 'rsa-sha2-512': 'rsa', 'ecdsa-sha2-nistp256': 'ecdsa' };

/** A fingerprint, with the command that shows it on the server's console. */
export function HostKey({ hostKey, console: withCommand = true }: { hostKey: HostKeyView; console?: boolean }) {
  return (
    <div style={{ display: 'grid', gap: 8 }}>
      <Facts columns="112px minmax(0, 1fr)" items={[['Type', <span key="t" className="mono">{hostKey.type}</span>], ['Fingerprint', <Copyable key="f" text={hostKey.fingerprint} label="Copy fingerprint" />]]} />
      {withCommand && <CodeBlock label="Copy command" text={`ssh-keygen -lf /etc/ssh/ssh_host_${files[hostKey.type] ?? 'ed25519'}_key.pub`} />}
    </div>
  );
}
