import { createTheme, defaultVariantColorsResolver, mergeThemeOverrides, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import type { PortalBrand } from '../api/types';
import { contrast, mix, readable } from '../theme/contrast';
import { theme, variables } from '../theme/theme';

/** The shade of the brand that each appearance fills with; the others are between it and white or black. */
const inDark = 3;
const inLight = 7;

function shades(light: string, dark: string): MantineColorsTuple {
  return [
    mix(light, '#ffffff', 0.92), mix(light, '#ffffff', 0.84), mix(light, '#ffffff', 0.66), dark, mix(dark, '#000000', 0.12),
    mix(light, '#ffffff', 0.2), mix(light, '#ffffff', 0.08), light, mix(light, '#000000', 0.12), mix(light, '#000000', 0.24),
  ];
}

export function brandTheme(brand: PortalBrand) {
  return mergeThemeOverrides(theme, createTheme({
    colors: { brand: shades(brand.primaryColor, brand.primaryColorDark) },
    primaryShade: { light: inLight, dark: inDark },
    // The text on the brand's colour is another one in each appearance, which Mantine's own choice does not know.
    variantColorResolver: (input) => {
      const colors = defaultVariantColorsResolver(input);
      if (input.color && input.color !== 'brand') return colors;
      if (input.variant === 'filled') return { ...colors, color: 'var(--oc-on-primary)' };
      return input.variant === 'subtle' ? { ...colors, color: 'var(--mantine-color-anchor)' } : colors;
    },
    fontFamily: `"${brand.fontFamily.replace(/["\\]/g, '')}", system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif`,
  }));
}

/** Black or white on it, whichever can be read better. */
export const textOn = (color: string) => (contrast(color, '#ffffff') >= contrast(color, '#12171d') ? '#ffffff' : '#12171d');

/** Text in the brand's colours is made readable on what it stands on, whatever was chosen. */
export function brandVariables(brand: PortalBrand): CSSVariablesResolver {
  return (mantine) => {
    const base = variables(mantine);
    const sides = (primary: string, accent: string, body: string, sunken: string) => {
      const selected = mix(body, primary, 0.1);
      return {
        '--mantine-color-anchor': readable(primary, [body, sunken, selected]), '--oc-selected': selected,
        '--oc-focus': readable(primary, [body, sunken], 3), '--oc-accent-text': readable(accent, [body, sunken]), '--oc-accent-fill': accent, '--oc-on-primary': textOn(primary),
      };
    };
    return {
      variables: base.variables,
      light: { ...base.light, ...sides(brand.primaryColor, brand.accentColor, '#ffffff', '#f6f7f9') },
      dark: { ...base.dark, ...sides(brand.primaryColorDark, brand.accentColorDark, '#12171d', '#0d1116') },
    };
  };
}
