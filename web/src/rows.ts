// Open tickets as the page works with them: ages go on while no new document comes.
import { valueOf } from "./classes.ts";
import type { Dashboard, Ticket, TicketFeature } from "./types.ts";
import { COLOURS, type View } from "./view.ts";

export interface Row {
  ticket: Ticket;
  at: readonly [number, number] | null; // longitude, latitude
  age: number | null; // minutes, now
  text: string; // what the search looks at
}

export const NOT_ON_MAP = "not on map";

/** Return the open tickets of a document, aged to `now`. */
export function rowsNow(document: Dashboard, now: number): Row[] {
  return rowsOf(document.open.features, Math.max(0, (now - Date.parse(document.generated_at)) / 60_000));
}

/** Return tickets, so many minutes older than their document says. */
export function rowsOf(features: readonly TicketFeature[], since: number): Row[] {
  return features.map(({ geometry, properties: ticket }) => ({
    ticket,
    at: geometry ? geometry.coordinates : null,
    age: ticket.age_minutes === null ? null : ticket.age_minutes + since,
    text: searched(ticket, geometry !== null),
  }));
}

/** Return the rows that the filters of the browser leave. */
export function filtered(rows: readonly Row[], view: View): Row[] {
  const words = view.q.toLowerCase().split(/\s+/).filter(Boolean);
  const used = COLOURS.filter((name) => view.chosen[name].length > 0);
  return rows.filter(
    (row) =>
      used.every((name) => view.chosen[name].includes(valueOf(row, name))) &&
      words.every((word) => row.text.includes(word)),
  );
}

const KEYS: Record<string, (row: Row) => string | number | null> = {
  id: (row) => row.ticket.ticket_id,
  age: (row) => row.age,
  target: (row) => ["ok", "warn", "urgent", "overdue"].indexOf(row.ticket.sla_state ?? ""),
  kind: (row) => row.ticket.bucket,
  area: (row) => row.ticket.cluster,
  team: (row) => row.ticket.assigned_team,
  location: (row) => row.ticket.location_name,
  status: (row) => row.ticket.status,
};

/** Return rows in the order of a column, `-` before its name: descending. Unknown values come last. */
export function sorted(rows: readonly Row[], sort: string): Row[] {
  const key = KEYS[sort.replace("-", "")] ?? KEYS["age"]!;
  const sign = sort.startsWith("-") ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: key(row) }));
  keyed.sort((a, b) => {
    if (a.value === b.value) return a.row.ticket.ticket_id < b.row.ticket.ticket_id ? -1 : 1;
    if (a.value === null) return 1;
    if (b.value === null) return -1;
    return (a.value < b.value ? -1 : 1) * sign;
  });
  return keyed.map(({ row }) => row);
}

function searched(ticket: Ticket, isMapped: boolean): string {
  const { ticket_id, bucket, cluster, location_name, assigned_team, owner, status, raw_status } = ticket;
  const parts = [ticket_id, bucket, cluster, location_name, assigned_team, owner, status, raw_status];
  return [...parts, isMapped ? "" : NOT_ON_MAP].filter(Boolean).join(" ").toLowerCase();
}
