import { encode } from 'uqr';

/** Always dark on white, with its quiet zone: cameras need it in the dark theme too. */
export function QrCode({ text, label, size = 184 }: { text: string; label: string; size?: number }) {
  const { data, size: count } = encode(text, { border: 3 });
  const path = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${count} ${count}`} width={size} height={size} shapeRendering="crispEdges" style={{ background: '#fff', borderRadius: 6, border: '1px solid var(--oc-line)' }}>
      <path d={path} fill="#000" />
    </svg>
  );
}
