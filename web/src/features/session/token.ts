const key = 'mailed-token';

/** The token of a mailed link: in the fragment, which no server sees, or in the query. */
export function mailedToken(): string {
  const { hash, search } = window.location;
  const found = new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token') ?? '';
  return found || (sessionStorage.getItem(key) ?? '');
}

/** Keeps it in this tab over a sign-in, so that it stands in no address a server sees. */
export function keepToken(token: string | undefined) {
  if (token) sessionStorage.setItem(key, token);
  else sessionStorage.removeItem(key);
}
