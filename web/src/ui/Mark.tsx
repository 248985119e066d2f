import { useState } from 'react';
import classes from './ui.module.css';

/** Stands before the name of an organization: its logo, or its initial where it has none or it does not load. */
export function Mark({ name, logo, size = 22, neutral }: { name: string; logo?: string | null; size?: number; neutral?: boolean }) {
  const [broken, setBroken] = useState<string>();
  if (logo && logo !== broken) return <img className={classes.markLogo} loading="lazy" src={logo} alt="" width={size} height={size} onError={() => setBroken(logo)} />;
  return <span className={classes.mark} data-neutral={neutral || undefined} style={{ width: size, height: size, fontSize: size / 2 }} aria-hidden>{name.trim().charAt(0).toUpperCase() || '?'}</span>;
}
