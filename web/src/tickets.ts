// Filter and sort tickets in the browser: what the server does not filter by.

import type {Ticket} from "./model.ts";
import type {State} from "./state.ts";

export const NONE = "(none)";
export const AGES: {key: string; label: string; from: number; to: number}[] = [
  {key: "4h", label: "under 4 h", from: 0, to: 240},
  {key: "1d", label: "4 – 24 h", from: 240, to: 1440},
  {key: "2d", label: "1 – 2 days", from: 1440, to: 2880},
  {key: "3d", label: "2 – 3 days", from: 2880, to: 4320},
  {key: "7d", label: "3 – 7 days", from: 4320, to: 10080},
  {key: "more", label: "over 7 days", from: 10080, to: Infinity},
];

export function ageOf(ticket: Ticket): string {
  const age = ticket.properties.age_minutes;
  if (age === null || !Number.isFinite(age)) return "unknown";
  return AGES.find((one) => age < one.to)?.key ?? "more";
}

export function matches(ticket: Ticket, state: State): boolean {
  const {assigned_team, bucket} = ticket.properties;
  return (
    (!state.team || (assigned_team ?? NONE) === state.team) &&
    (!state.kind || (bucket ?? NONE) === state.kind) &&
    (!state.age || ageOf(ticket) === state.age) &&
    (state.place !== "none" || ticket.geometry === null) &&
    hasText(ticket, state.q)
  );
}

function hasText(ticket: Ticket, q: string): boolean {
  const wanted = q.trim().toLowerCase();
  if (!wanted) return true;
  return Object.values(ticket.properties).some((value) => typeof value === "string" && value.toLowerCase().includes(wanted));
}

export type Column = "ticket_id" | "age" | "kind" | "cluster" | "location" | "team" | "status";

const VALUES: Record<Column, (ticket: Ticket) => string | number | null> = {
  ticket_id: (one) => one.properties.ticket_id,
  age: (one) => one.properties.age_minutes,
  kind: (one) => one.properties.bucket,
  cluster: (one) => one.properties.cluster,
  location: (one) => one.properties.location_name,
  team: (one) => one.properties.assigned_team,
  status: (one) => one.properties.status,
};

/** Sort by a column, `-column` descending; tickets without a value come last. */
export function sorted(tickets: Ticket[], sort: string): Ticket[] {
  const down = sort.startsWith("-");
  const value = VALUES[(down ? sort.slice(1) : sort) as Column] ?? VALUES.age;
  return [...tickets].sort((a, b) => {
    const [one, other] = [value(a), value(b)];
    if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
    const order = typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
    return down ? -order : order;
  });
}
