// The open tickets as they were after a load.
import { get, Problem } from "./api.ts";
import { moment } from "./format.ts";
import { type Row, rowsOf } from "./rows.ts";
import type { FeedLinks, TicketFeature } from "./types.ts";
import { type View, withQuery } from "./view.ts";

export interface Load {
  run: number;
  loaded_at: string;
  inserted: number;
  updated: number;
  absent: number;
  returned: number;
}

export interface TicketsThen {
  as_of: { run: number; loaded_at: string };
  features: TicketFeature[];
  summary: { truncated: number };
}

export interface Past {
  loads: Load[]; // oldest first
  then: TicketsThen | null;
  problem: Problem | null;
}

export const MOST_TICKETS = 20_000;

/** Ask for the loads and for the tickets of the view's time. What was known stays where there is no answer. */
export async function loadPast(links: FeedLinks, view: View, known: Past | null): Promise<Past> {
  try {
    const loads = (await get<{ loads: Load[] }>(`${links.loads}?limit=10000`)).body.loads;
    const past = { loads: [...loads].reverse(), then: known?.then ?? null, problem: null };
    return { ...past, then: (await get<TicketsThen>(withQuery(links.tickets, askedThen(view)))).body };
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status === 401) throw problem;
    return { loads: known?.loads ?? [], then: known?.then ?? null, problem };
  }
}

/** Return the parameters of a view's tickets then. */
export function askedThen({ at, cluster, status }: View): URLSearchParams {
  const made = new URLSearchParams({ at, limit: String(MOST_TICKETS) });
  if (cluster) made.set("cluster", cluster);
  if (status) made.set("status", status);
  return made;
}

/** Return the tickets that were open then, as old as they were. */
export function rowsThen({ features }: TicketsThen): Row[] {
  return rowsOf(features.filter(isOpen), 0);
}

function isOpen({ properties }: TicketFeature): boolean {
  return properties.sla_state !== null; // null: closed, or not listed
}

/** Return which load a time belongs to: the last one until then, or the first. */
export function indexAt(loads: readonly Load[], at: string): number {
  const time = Date.parse(at);
  return Math.max(0, loads.findLastIndex((load) => Date.parse(load.loaded_at) <= time));
}

/** Write which load is shown, and what it changed. */
export function loadText(loads: readonly Load[], index: number): string {
  const load = loads[index];
  if (!load) return "";
  const gone = load.absent ? `, ${load.absent} no longer listed` : "";
  return `${moment(load.loaded_at)}, load ${index + 1} of ${loads.length}: ${load.inserted} new, ${load.updated} changed${gone}`;
}

/** Say as of when the tickets are, and whether open ones are missing; null while nothing is known. */
export function asOfText(past: Past | null): string | null {
  if (!past?.then) return null;
  const { features, summary } = past.then;
  // Open tickets come first: if closed ones are among those that came, no open one was left out.
  const isCut = summary.truncated > 0 && features.every(isOpen);
  const missing = isCut ? " Not all open tickets of then are shown: choose an area." : "";
  return `As of ${moment(past.then.as_of.loaded_at)}: not now.${missing}`;
}
