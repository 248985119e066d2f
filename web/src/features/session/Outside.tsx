import type { ReactNode } from 'react';
import { Title } from '@mantine/core';
import { product } from '../../theme/product';
import classes from './session.module.css';

/** The frame of the pages that come before signing in. */
export function Outside({ title, lead, children, foot }: { title: string; lead?: ReactNode; children: ReactNode; foot?: ReactNode }) {
  return (
    <main className={classes.outside}>
      <title>{`${title} · ${product.name}`}</title>
      <div className={classes.box}>
        <div className={classes.brand}><img src="/favicon.svg" alt="" />{product.name}</div>
        <div className={classes.panel}>
          <Title order={1}>{title}</Title>
          {lead && <p className={classes.lead}>{lead}</p>}
          {children}
        </div>
        {foot && <div className={classes.foot}>{foot}</div>}
      </div>
    </main>
  );
}
