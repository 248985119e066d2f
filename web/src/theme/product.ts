/** The one place that knows the product's name; a portal's brand will take its place here. */
export const product = { name: 'oCore', cli: 'ocore' } as const;
