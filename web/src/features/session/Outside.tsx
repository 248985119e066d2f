import type { ReactNode } from 'react';
import { Title } from '@mantine/core';
import { Footer } from '../../portal/Frame';
import { Logo, useDark } from '../../portal/parts';
import { usePortal } from '../../portal/portal';
import { product } from '../../theme/product';
import classes from './session.module.css';

/** The frame of the pages that come before signing in, of the dashboard and of a portal. */
export function Outside({ title, lead, children, foot }: { title: string; lead?: ReactNode; children: ReactNode; foot?: ReactNode }) {
  const portal = usePortal();
  const dark = useDark();
  return (
    <div className={classes.page} data-portal={portal ? true : undefined} data-picture={(dark ? (portal?.brand?.loginBgDarkUrl ?? portal?.brand?.loginBgUrl) : portal?.brand?.loginBgUrl) ? true : undefined}>
      <main className={classes.outside}>
        <title>{`${title} · ${portal?.productName ?? product.name}`}</title>
        <div className={classes.box}>
          <div className={classes.brand}>{portal ? <Logo dark={dark} /> : <><img src="/favicon.svg" alt="" />{product.name}</>}</div>
          <div className={classes.panel}>
            <Title order={1}>{title}</Title>
            {lead && <p className={classes.lead}>{lead}</p>}
            {children}
          </div>
          {foot && <div className={classes.foot}>{foot}</div>}
        </div>
      </main>
      {portal && <Footer />}
    </div>
  );
}
