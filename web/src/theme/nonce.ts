const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

/** The page's policy lets only those styles in that carry this; for the component library. */
export const styleNonce = () => nonce;

/** Styles that scripts of ours make in this document carry it, also those of libraries that do not know of it (the terminal, the code editor). */
export function stylesCarryNonce(page: Document = document) {
  if (!nonce) return;
  const create = page.createElement.bind(page) as Document['createElement'];
  page.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof (page.defaultView ?? window).HTMLStyleElement) element.nonce = nonce;
    return element;
  }) as Document['createElement'];
}
