// Numbers, durations and times as people read them.

export function count(value: number): string {
  return value.toLocaleString("en");
}

export function duration(minutes: number | null): string {
  if (minutes === null) return "unknown";
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

/** Hours with one decimal, or the reason why there is no number. */
export function hours(minutes: number | null): string {
  return minutes === null ? "too few" : `${(minutes / 60).toFixed(1)} h`;
}

export function time(iso: string | null, zone: string): string {
  if (!iso) return "never";
  return new Intl.DateTimeFormat("en-GB", {timeZone: zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"}).format(new Date(iso));
}

export function clock(iso: string | number, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", {timeZone: zone, hour: "2-digit", minute: "2-digit"}).format(new Date(iso));
}

export function ago(iso: string | null, now: number): string {
  if (!iso) return "never";
  const minutes = (now - Date.parse(iso)) / 60_000;
  return minutes < 1 ? "just now" : `${duration(minutes)} ago`;
}

export function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}
