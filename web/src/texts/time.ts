/** How times are said in English; apart, because also what shows no other text says times. */
export const time = {
  justNow: 'just now', soon: 'in a moment',
  past: (count: number, unit: 'min' | 'h' | 'd') => `${count} ${unit} ago`,
  future: (count: number, unit: 'min' | 'h' | 'd') => `in ${count} ${unit}`,
};
