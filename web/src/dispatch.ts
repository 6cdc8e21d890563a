// A plan of dispatch and the bursts beside it, and what the map draws of them.
import { type Answer, get, Problem } from "./api.ts";
import { duration } from "./format.ts";
import type { Bursts, FeedLinks, Plan, Position } from "./types.ts";
import { type View, withQuery } from "./view.ts";

/** Each is the document, or why there is none. */
export interface Dispatch {
  plan: Plan | Problem;
  bursts: Bursts | Problem;
}

export type At = readonly [number, number]; // longitude, latitude

export interface Drawn {
  units: { at: At; label: string; isUsable: boolean }[];
  ways: { line: [At, At]; label: string }[];
  rings: { at: At; line: At[]; label: string }[];
}

export const STRAIGHT = "straight line";
const USABLE = new Set(["no ticket for its skills", "nothing in reach", "nothing worth the drive", "others take what it could"]);
const CORNERS = 48; // of a ring
const METRES_PER_DEGREE = 111_195; // of latitude
const LEAST_RING = 150; // metres: tickets at one point have a ring, too

/** Ask for the plan of an area, and for bursts. */
export async function loadDispatch(links: FeedLinks, view: View): Promise<Dispatch> {
  const query = new URLSearchParams(view.cluster ? { cluster: view.cluster } : {});
  const [plan, bursts] = await Promise.all([
    bodyOf(get<Plan>(withQuery(links.dispatch, query))),
    bodyOf(get<Bursts>(links.bursts)),
  ]);
  return { plan, bursts };
}

async function bodyOf<T>(asked: Promise<Answer<T>>): Promise<T | Problem> {
  try {
    return (await asked).body;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Return what the map draws: units, a line from each to its tickets, one after the other, and a ring a burst. */
export function drawnOf({ plan, bursts }: Dispatch): Drawn {
  const drawn: Drawn = { units: [], ways: [], rings: [] };
  if (!(plan instanceof Problem)) drawPlan(plan, drawn);
  if (!(bursts instanceof Problem))
    drawn.rings = bursts.bursts.map((burst) => ({
      at: [burst.longitude, burst.latitude],
      line: ringAround([burst.longitude, burst.latitude], Math.max(burst.radius_m, LEAST_RING)),
      label: `probably one cause: ${burst.n}`,
    }));
  return drawn;
}

/** Write how old a position is. */
export function positionText(position: Position | null): string {
  if (!position) return "no position";
  if (position.basis === "home") return "at home";
  return position.age_minutes === null ? "age unknown" : `${duration(position.age_minutes)} ago`;
}

/** Write which unit would be second best for a ticket, or better but is not free, and by how much. */
export function secondBest({ next_best }: Plan["assignments"][number]): string {
  if (!next_best) return "";
  const { unit, costs_more_minutes: more, distance_m, why } = next_best;
  const by = more === null ? "" : duration(Math.abs(Math.round(more)));
  if (more !== null && more < 0) return `${unit}, ${distance(distance_m)} away, would cost ${by} less, but: ${why}`;
  return `second best: ${unit}, ${distance(distance_m)} away${by && `, costs ${by} more`}`;
}

/** Write a distance in metres: 350 m, 2.1 km, 14 km. */
export function distance(metres: number): string {
  if (metres < 995) return `${Math.round(metres / 10) * 10} m`;
  return metres < 9950 ? `${(metres / 1000).toFixed(1)} km` : `${Math.round(metres / 1000)} km`;
}

/** Return a closed line around a point, with a radius in metres. */
export function ringAround([lon, lat]: At, radius: number): At[] {
  const high = radius / METRES_PER_DEGREE;
  const wide = high / Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: CORNERS + 1 }, (_, i): At => {
    const angle = (2 * Math.PI * (i % CORNERS)) / CORNERS;
    return [lon + wide * Math.cos(angle), lat + high * Math.sin(angle)];
  });
}

function drawPlan(plan: Plan, drawn: Drawn): void {
  const from = new Map<string, At>(); // where each unit is after its stops so far
  for (const { unit, position, place, distance_m } of plan.assignments) {
    if (position && !from.has(unit)) {
      from.set(unit, at(position));
      drawn.units.push({ at: at(position), label: `${unit} · ${positionText(position)}`, isUsable: true });
    }
    const start = from.get(unit);
    const end: At = [place[1], place[0]];
    if (start) drawn.ways.push({ line: [start, end], label: `${STRAIGHT}, ${distance(distance_m)}` });
    from.set(unit, end);
  }
  for (const { unit, position, reason } of plan.idle) {
    const label = `${unit} · ${positionText(position)} · ${reason}`;
    if (position) drawn.units.push({ at: at(position), label, isUsable: USABLE.has(reason) });
  }
}

function at({ longitude, latitude }: Position): At {
  return [longitude, latitude];
}
