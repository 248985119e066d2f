/** The token of a mailed link: in the fragment, which no server sees, or in the query. */
export function mailedToken(): string {
  const { hash, search } = window.location;
  return new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token') ?? '';
}
