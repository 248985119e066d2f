import { useEffect, useState, type ReactNode } from 'react';
import { Button, Skeleton, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { ListState } from '../api/hooks';
import { useTexts } from '../texts/texts';
import { ErrorState } from './Errors';
import classes from './ui.module.css';

export interface Column<T> {
  key: string;
  header: string;
  render: (row: T) => ReactNode;
  align?: 'right';
  /** What to sort by; without it the column cannot be sorted. */
  sort?: (row: T) => string | number;
  width?: number | string;
  /** Text of any length: it goes on in a new line instead of being cut. */
  wrap?: boolean;
  /** Buttons of the row. */
  actions?: boolean;
}

interface Props<T> {
  label: string;
  list: ListState<T>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** Shown where there is nothing at all. */
  empty: ReactNode;
  /** Column and direction, as `name` or `-name`; kept in the address by the page. */
  sort?: [string, (value: string | null) => void];
  filter?: (row: T) => boolean;
  noun?: string;
  /** Where it is not the noun with an s. */
  nouns?: string;
}

export function DataTable<T>({ label, list, columns, rowKey, empty, sort, filter, noun, nouns = `${noun}s` }: Props<T>) {
  const { common } = useTexts();
  const box = useOverflow();
  if (list.error && !list.rows) return <div className={classes.frame}><ErrorState error={list.error} onRetry={list.reload} /></div>;
  const rows = sorted(filter ? list.rows?.filter(filter) : list.rows, columns, sort?.[0]);
  if (rows?.length === 0 && !list.more) return <div className={classes.frame}>{empty}</div>;
  return (
    <div className={classes.frame}>
      <div className={classes.scroll} ref={box.ref} {...(box.overflows ? { tabIndex: 0, role: 'group', 'aria-label': label } : {})}>
        <table className={classes.table} aria-label={label} aria-busy={list.loading}>
          <thead>
            <tr>{columns.map((column) => <Head key={column.key} column={column} sort={sort} />)}</tr>
          </thead>
          <tbody>
            {rows
              ? rows.map((row) => (
                  <tr key={rowKey(row)}>
                    {columns.map((column) => (
                      <td key={column.key} data-align={column.align} data-actions={column.actions || undefined} data-wrap={column.wrap || undefined}>{column.render(row)}</td>
                    ))}
                  </tr>
                ))
              : [0, 1, 2, 3, 4].map((row) => (
                  <tr key={row}>{columns.map((column) => <td key={column.key}><Skeleton height={10} width={column.actions ? 20 : '70%'} /></td>)}</tr>
                ))}
          </tbody>
        </table>
      </div>
      {rows && (noun || list.more) && (
        <div className={classes.footer}>
          <span>{noun && <>{rows.length} {rows.length === 1 ? noun : nouns}{list.more ? ' shown' : ''}</>}</span>
          {list.more && <Button variant="subtle" size="compact-xs" loading={list.loadingMore} onClick={list.loadMore}>{common.loadMore}</Button>}
        </div>
      )}
    </div>
  );
}

/** What is wider than its box is scrolled with the keyboard too, and only then takes the focus. */
function useOverflow() {
  const [box, ref] = useState<HTMLDivElement | null>(null);
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    if (!box) return;
    const watch = new ResizeObserver(() => setOverflows(box.scrollWidth > box.clientWidth));
    watch.observe(box);
    if (box.firstElementChild) watch.observe(box.firstElementChild);
    return () => watch.disconnect();
  }, [box]);
  return { ref, overflows };
}

function Head<T>({ column, sort }: { column: Column<T>; sort: Props<T>['sort'] }) {
  const attributes = { 'data-align': column.align, 'data-actions': column.actions || undefined, style: { width: column.width } };
  if (column.actions) return <th {...attributes}><VisuallyHidden>{column.header}</VisuallyHidden></th>;
  if (!sort || !column.sort) return <th {...attributes}>{column.header}</th>;
  const [value, set] = sort;
  const up = value === column.key;
  const down = value === `-${column.key}`;
  const Arrow = down ? IconArrowDown : IconArrowUp;
  return (
    <th {...attributes} aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}>
      <button type="button" className={classes.sort} onClick={() => set(up ? `-${column.key}` : down ? null : column.key)}>
        {column.header}
        {(up || down) && <Arrow size={12} aria-hidden />}
      </button>
    </th>
  );
}

function sorted<T>(rows: T[] | undefined, columns: Column<T>[], sort: string | undefined): T[] | undefined {
  const by = columns.find((column) => column.key === sort?.replace(/^-/, ''))?.sort;
  if (!rows || !by) return rows;
  const sign = sort?.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true }));
  });
}
