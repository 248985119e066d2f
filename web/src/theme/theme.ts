import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** The brand's ten shades, chosen so that white on the eighth and the third on black read well. */
const petrol: MantineColorsTuple = [
  '#e7f5f7', '#d0e8ec', '#a3d3dc', '#70bccb', '#48a7ba', '#2b93a8', '#187f94', '#0d6c80', '#0b5f71', '#084c5b',
];

const slate: MantineColorsTuple = [
  '#d5d9de', '#b9c0c8', '#98a1ac', '#6c7683', '#3d4651', '#2e3640', '#232a33', '#1a2027', '#141920', '#0e1217',
];

const gray: MantineColorsTuple = [
  '#f7f8f9', '#f0f2f4', '#e5e8ec', '#d8dde3', '#c3cad3', '#98a2ae', '#626c78', '#48515c', '#333b45', '#1b2129',
];

export const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: { light: 7, dark: 7 },
  colors: { brand: petrol, dark: slate, gray },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Code', 'JetBrains Mono', Menlo, Consolas, 'Liberation Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.25rem', lineHeight: '1.35' }, h2: { fontSize: '0.9375rem', lineHeight: '1.4' }, h3: { fontSize: '0.875rem', lineHeight: '1.4' } },
  },
  defaultRadius: 5,
  cursorType: 'pointer',
  focusRing: 'auto',
  // By name, because a component's own extend() would bring it into every page.
  components: {
    Button: { defaultProps: { size: 'xs' } },
    // The first entry takes the focus: an element that is there for it alone is none that a menu may have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { centered: false, yOffset: '12vh', overlayProps: { backgroundOpacity: 0.4 } } },
    Table: { defaultProps: { verticalSpacing: 0, horizontalSpacing: 12 } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true, multiline: true, maw: 320 } },
  },
});

/** Where Mantine's own choices are too pale to read. */
export const variables: CSSVariablesResolver = () => ({
  variables: { '--input-height-sm': '34px', '--input-fz-sm': '13px' },
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b2129',
    '--mantine-color-dimmed': '#5b6571',
    '--mantine-color-placeholder': '#6a7480',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#0b5f71',
    '--oc-sunken': '#f6f7f9',
    '--oc-line': '#e2e6ea',
    '--oc-line-strong': '#c9d0d8',
    '--oc-hover': '#f3f6f7',
    '--oc-selected': '#e4f1f3',
    '--oc-good': '#1b7f4b',
    '--oc-busy': '#1565b8',
    '--oc-warn': '#a15c00',
    '--oc-bad': '#b3261e',
    '--oc-idle': '#68727e',
    '--oc-warn-bg': '#fdf6e9',
    '--oc-bad-bg': '#fdf0ef',
    '--oc-add-bg': '#e6f5ec',
    '--oc-kind-edge': '#1565b8',
    '--oc-kind-app': '#8a3f8f',
    '--oc-kind-data': '#0b5f71',
    '--oc-kind-files': '#8a5a00',
    '--oc-kind-care': '#3f6b2e',
    '--oc-veil': 'rgb(230 233 237 / 65%)',
  },
  dark: {
    '--mantine-color-body': '#12171d',
    '--mantine-color-text': '#d8dde3',
    '--mantine-color-dimmed': '#98a3af',
    '--mantine-color-placeholder': '#85919d',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-anchor': '#70bccb',
    '--oc-sunken': '#0d1116',
    '--oc-line': '#262e37',
    '--oc-line-strong': '#3a444f',
    '--oc-hover': '#181e25',
    '--oc-selected': '#14303a',
    '--oc-good': '#57c78a',
    '--oc-busy': '#6cb2f5',
    '--oc-warn': '#e5a84a',
    '--oc-bad': '#ff8a80',
    '--oc-idle': '#8a95a1',
    '--oc-warn-bg': '#2a2212',
    '--oc-bad-bg': '#2d1917',
    '--oc-add-bg': '#14291d',
    '--oc-kind-edge': '#6cb2f5',
    '--oc-kind-app': '#d79be0',
    '--oc-kind-data': '#70bccb',
    '--oc-kind-files': '#e0b25c',
    '--oc-kind-care': '#9ac786',
    '--oc-veil': 'rgb(0 0 0 / 50%)',
  },
});
