import { createContext, useContext, useEffect, type ReactNode } from 'react';
import { Title } from '@mantine/core';
import { Route, useUrlState } from '../../nav';
import { product } from '../../theme/product';
import classes from './shell.module.css';

export interface Crumb {
  label: string;
  to?: string;
}

/** Where a page puts its breadcrumbs; the shell shows them in its top bar. */
export const CrumbsContext = createContext<(crumbs: Crumb[]) => void>(() => undefined);

interface Props {
  title: string;
  crumbs?: Crumb[];
  /** Before the title: whose page it is. */
  mark?: ReactNode;
  /** Beside the title: a status. */
  aside?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  tabs?: { value: string; label: ReactNode }[];
  children: ReactNode;
}

export function Page({ title, crumbs = [], mark, aside, lead, actions, tabs, children }: Props) {
  const show = useContext(CrumbsContext);
  const text = JSON.stringify([...crumbs, { label: title }]);
  useEffect(() => show(JSON.parse(text) as Crumb[]), [show, text]);
  return (
    <>
      <title>{`${title} · ${product.name}`}</title>
      <div className={classes.head}>
        <div style={{ minWidth: 0 }}>
          <div className={classes.titleRow}><div className={classes.named}>{mark}<Title order={1}>{title}</Title></div>{aside}</div>
          {lead && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {tabs && <Tabs tabs={tabs} />}
      {children}
    </>
  );
}

/** Tabs are links: each has its address. */
function Tabs({ tabs }: { tabs: NonNullable<Props['tabs']> }) {
  const [value] = useTab(tabs.map((tab) => tab.value));
  return (
    <nav className={classes.tabs} aria-label="Sections of this page">
      {tabs.map((tab, index) => (
        <Route
          key={tab.value}
          to={index === 0 ? window.location.pathname : `${window.location.pathname}?tab=${tab.value}`}
          className={classes.tab}
          aria-current={value === tab.value ? 'page' : undefined}
        >
          {tab.label}
        </Route>
      ))}
    </nav>
  );
}

export function useTab(values: string[]): [string, (value: string | null) => void] {
  const [tab, set] = useUrlState('tab', values[0]);
  return [values.includes(tab) ? tab : (values[0] ?? ''), set];
}

export function Breadcrumbs({ crumbs }: { crumbs: Crumb[] }) {
  return (
    <nav aria-label="Breadcrumbs" style={{ flex: 1, minWidth: 0 }}>
      <ol className={classes.crumbs}>
        {crumbs.map((crumb, index) => (
          <li key={index} aria-current={index === crumbs.length - 1 ? 'page' : undefined}>
            {crumb.to ? <Route to={crumb.to}>{crumb.label}</Route> : crumb.label}
            {index < crumbs.length - 1 && <span aria-hidden>/</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
