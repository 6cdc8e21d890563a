// Colours come from theme.css, so that map, charts and page change together with the theme.

export interface Theme {
  scale: number; // of text: more than 1 on a wall
  ground: string;
  land: string;
  line: string;
  ink: string;
  muted: string;
  accent: string;
  overlay: string;
  mixed: string;
  colours: Record<string, string>; // by the name of a step
}

const STEPS = 6;
const HUES = 7;

/** Read the colours of the current theme. */
export function themeNow(): Theme {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const names = [...Array(STEPS).keys()].map((i) => `step-${i}`);
  const hues = [...Array(HUES).keys()].map((i) => `hue-${i}`);
  return {
    scale: Number.parseFloat(style.fontSize) / 15,
    ground: value("map-ground"),
    land: value("map-land"),
    line: value("map-line"),
    ink: value("ink"),
    muted: value("muted"),
    accent: value("accent"),
    overlay: value("overlay"),
    mixed: value("mixed"),
    colours: Object.fromEntries([...names, ...hues, "unknown"].map((name) => [name, value(name)])),
  };
}

/** Call back when the reader's theme changes. */
export function onTheme(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

/** Return black or white, whichever is easier to read on a colour such as #2f7fb5. */
export function inkOn(colour: string): string {
  return contrast(colour, "#ffffff") >= contrast(colour, "#000000") ? "#ffffff" : "#000000";
}

/** Return the contrast of two colours as WCAG 2 computes it: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const channels = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}
