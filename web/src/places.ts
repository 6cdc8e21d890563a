// Many tickets share a point (a city, an area): the features of the map are places, not tickets.
import { isOrdered, type Step, valueOf } from "./classes.ts";
import type { Row } from "./rows.ts";
import type { Colour } from "./view.ts";

export interface Place {
  key: string; // as in the address: «36.9074,-1.3133»
  at: readonly [number, number];
  rows: Row[];
  isArea: boolean; // known only to an area: drawn as a ring
}

export interface Area {
  name: string;
  at: readonly [number, number];
  rows: Row[];
}

const COARSE = new Set(["cluster", "city"]);

/** Group tickets by their coordinates. */
export function placesOf(rows: readonly Row[]): Place[] {
  const found = new Map<string, Place>();
  for (const row of rows) {
    if (!row.at) continue;
    const key = row.at.join(",");
    const place = found.get(key) ?? { key, at: row.at, rows: [], isArea: true };
    place.rows.push(row);
    place.isArea &&= COARSE.has(row.ticket.geo_precision ?? "");
    found.set(key, place);
  }
  return [...found.values()];
}

/** Group tickets by the name of their area, each in the middle of its tickets, most tickets first. */
export function areasOf(rows: readonly Row[]): Area[] {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    if (!row.at) continue;
    const name = row.ticket.cluster ?? "(no area)";
    found.set(name, [...(found.get(name) ?? []), row]);
  }
  const areas = [...found].map(([name, those]) => ({ name, rows: those, at: middle(those) }));
  return areas.sort((a, b) => b.rows.length - a.rows.length);
}

/** Return the places as features: how many, and the lowest and highest step of their tickets. */
export function features(places: readonly Place[], colour: Colour, steps: readonly Step[]) {
  const ranks = new Map(steps.map((step, i) => [step.value, i]));
  const rank = (row: Row) => ranks.get(valueOf(row, colour)) ?? steps.length - 1;
  return places.map((place) => {
    const all = place.rows.map(rank);
    const known = isOrdered(colour) ? all.filter((one) => one < steps.length - 1) : all;
    const some = known.length ? known : all;
    return {
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: [...place.at] },
      properties: {
        key: place.key,
        n: place.rows.length,
        low: some.reduce((a, b) => Math.min(a, b)),
        high: some.reduce((a, b) => Math.max(a, b)),
        area: place.isArea ? 1 : 0,
      },
    };
  });
}

/** Return west, south, east, north around places; null without any. */
export function boundsOf(points: readonly (readonly [number, number])[]): [number, number, number, number] | null {
  if (!points.length) return null;
  const box: [number, number, number, number] = [180, 90, -180, -90];
  for (const [lon, lat] of points) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return box;
}

function middle(rows: readonly Row[]): [number, number] {
  const coarse = rows.filter((row) => COARSE.has(row.ticket.geo_precision ?? ""));
  const points = (coarse.length ? coarse : rows).map((row) => row.at!);
  const mean = (i: 0 | 1) => points.reduce((sum, point) => sum + point[i], 0) / points.length;
  return [mean(0), mean(1)];
}
