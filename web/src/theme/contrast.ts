/** WCAG 2.2: how far two colours are apart, and the nearest colour that can be read. */
type Rgb = [number, number, number];

export function rgbOf(hex: string): Rgb {
  const text = hex.replace('#', '');
  const full = text.length === 3 ? [...text].map((digit) => digit + digit).join('') : text;
  return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16) || 0) as Rgb;
}

export const hexOf = (rgb: Rgb) => `#${rgb.map((part) => Math.round(Math.min(255, Math.max(0, part))).toString(16).padStart(2, '0')).join('')}`;

function luminance(hex: string): number {
  const [r, g, b] = rgbOf(hex).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

export function mix(hex: string, into: string, share: number): string {
  const [a, b] = [rgbOf(hex), rgbOf(into)];
  return hexOf(a.map((part, at) => part + ((b[at] ?? 0) - part) * share) as Rgb);
}

/** The colour itself where it can be read on all of these, or else the nearest shade that can. */
export function readable(hex: string, surfaces: string[], least = 4.5): string {
  const towards = luminance(surfaces[0] ?? '#ffffff') > 0.18 ? '#000000' : '#ffffff';
  for (let share = 0; share < 1; share += 0.04) {
    const shade = mix(hex, towards, share);
    if (surfaces.every((surface) => contrast(shade, surface) >= least)) return shade;
  }
  return towards;
}
