// How numbers, durations and times are written. Times are of the project's zone, wherever the reader is.

let zone = "UTC";

/** Use the zone of the project from now on. */
export function useZone(name: string): void {
  zone = name;
}

/** Write a count: 21,000. */
export function count(value: number): string {
  return value.toLocaleString("en-GB");
}

/** Write a count with its noun: «1 ticket», «2 tickets». */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Write minutes as precisely as it matters: 45 min, 3 h 20 min, 14 h, 4 d 6 h, 12 d. */
export function duration(minutes: number | null | undefined): string {
  if (minutes === null || minutes === undefined) return "unknown";
  const whole = Math.max(0, Math.round(minutes));
  if (whole < 60) return `${whole} min`;
  if (whole < 600) return joined(Math.floor(whole / 60), "h", whole % 60, "min");
  if (whole < 1440) return `${Math.round(whole / 60)} h`;
  const days = Math.floor(whole / 1440);
  return days < 10 ? joined(days, "d", Math.floor((whole % 1440) / 60), "h") : `${count(days)} d`;
}

function joined(large: number, unit: string, small: number, smaller: string): string {
  return small ? `${large} ${unit} ${small} ${smaller}` : `${large} ${unit}`;
}

/** Write a statistic that is null where there are too few tickets for one. */
export function statistic(minutes: number | null | undefined): string {
  return minutes === null || minutes === undefined ? "too few" : duration(minutes);
}

/** Write a time as day and hour: 30 Nov 10:05. */
export function moment(iso: string | null | undefined): string {
  if (!iso) return "never";
  return part(iso, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).replace(",", "");
}

/** Write the hour of a time: 10:05. */
export function clock(iso: string): string {
  return part(iso, { hour: "2-digit", minute: "2-digit" });
}

/** Write a day without its year: «Mon 30 Nov». `date` has no time, so it is the same day in each zone. */
export function day(date: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(`${date}T00:00:00Z`)).replace(",", "");
}

/** Write how long ago a time was. */
export function ago(iso: string | null, now: number): string {
  return iso ? `${duration((now - Date.parse(iso)) / 60_000)} ago` : "never";
}

function part(iso: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(new Date(iso));
}
