import { Title } from '@mantine/core';
import { useTexts } from '../texts/texts';
import { Logo, useDark } from './parts';
import { usePortal } from './portal';
import classes from './portal.module.css';

/** In place of the whole portal: it is suspended, or there is none at this address. */
export function Gone({ suspended, message }: { suspended: boolean; message?: string | null }) {
  const { portal: t } = useTexts();
  const portal = usePortal();
  const dark = useDark();
  const brand = portal?.brand;
  const help = brand?.supportUrl ?? (brand?.supportEmail ? `mailto:${brand.supportEmail}` : undefined);
  return (
    <main className={classes.gone}>
      <title>{`${suspended ? t.suspended : t.unavailable}${suspended && portal ? ` · ${portal.productName}` : ''}`}</title>
      <div>
        {suspended && brand && <Logo dark={dark} />}
        <Title order={1}>{suspended ? t.suspended : t.unavailable}</Title>
        {suspended && message && <p>{message}</p>}
        <p>{suspended ? (help || message ? t.suspendedNote : '') : t.unavailableNote} {suspended && help && <a style={{ color: 'var(--mantine-color-anchor)' }} href={help}>{t.support}</a>}</p>
      </div>
    </main>
  );
}
