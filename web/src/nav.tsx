import { forwardRef, type AnchorHTMLAttributes, type ReactNode } from 'react';
import { Anchor, Button, type ButtonProps } from '@mantine/core';
import { Link as RouterLink, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useOrg } from './api/hooks';
import { paths } from './paths';

type Props = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & { to: string };

/** A link inside the dashboard, for `component={Route}`; takes an address of `paths`. */
export const Route = forwardRef<HTMLAnchorElement, Props>(function Route({ to, ...rest }, ref) {
  const { pathname, search } = split(to);
  return <RouterLink ref={ref} to={pathname} search={search} activeOptions={{ exact: true }} {...rest} />;
});

/** `inText`: inside of a sentence, told from it by more than its colour. */
export function Link({ to, children, strong, inText }: { to: string; children: ReactNode; strong?: boolean; inText?: boolean }) {
  return (
    <Anchor component={Route} to={to} inherit fw={strong ? 500 : undefined} underline={inText ? 'always' : 'hover'}>
      {children}
    </Anchor>
  );
}

export function LinkButton({ to, ...rest }: ButtonProps & { to: string; children: ReactNode }) {
  return <Button component={Route} to={to} {...rest} />;
}

function split(to: string) {
  const [pathname = '/', text = ''] = to.split('?');
  return { pathname, search: Object.fromEntries(new URLSearchParams(text)) };
}

export function useGo() {
  const navigate = useNavigate();
  return (to: string, options: { replace?: boolean } = {}) => void navigate({ to: split(to).pathname, search: split(to).search, replace: options.replace });
}

export function usePaths() {
  return paths.in(useOrg());
}

/** A part of the path, such as `client`. */
export function usePathPart(name: string): string {
  const params: Record<string, string | undefined> = useParams({ strict: false });
  return params[name] ?? '';
}

/** State that lives in the address: tab, filter, search, sort. An empty value leaves it. */
export function useUrlState(name: string, fallback = ''): [string, (value: string | null) => void] {
  const values: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const value = typeof values[name] === 'string' ? values[name] : fallback;
  const set = (next: string | null) =>
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) => ({ ...before, [name]: !next || next === fallback ? undefined : next }),
      replace: true,
      resetScroll: false,
    });
  return [value, set];
}
