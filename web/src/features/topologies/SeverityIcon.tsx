import { IconAlertCircle, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { FindingSeverity, TopologyFinding } from '../../api/types';

const icons = { error: IconAlertCircle, warning: IconAlertTriangle, info: IconInfoCircle };
const words = { error: 'Error', warning: 'Warning', info: 'Hint' };

export function SeverityIcon({ severity, size = 16 }: { severity: FindingSeverity; size?: number }) {
  const Symbol = icons[severity];
  return <Symbol size={size} stroke={1.9} color={`var(--oc-${severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'busy'})`} role="img" aria-label={words[severity]} style={{ flex: 'none' }} />;
}

/** A hint alone does not mark a card: nothing is wrong there. */
export function marking(findings: readonly TopologyFinding[] | undefined): { worst: FindingSeverity | undefined; count: number } {
  const counted = findings?.filter((finding) => finding.severity !== 'info') ?? [];
  return { worst: counted[0]?.severity, count: counted.length };
}
