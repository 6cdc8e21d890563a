// Group tickets by equal coordinates: many tickets share the point of their cluster.

import type {Ticket} from "./model.ts";

const COARSE = new Set(["city", "cluster"]);

export interface Place {
  id: number;
  key: string; // the same for the same point, whatever else is there
  lon: number;
  lat: number;
  coarse: boolean;
  name: string;
  tickets: Ticket[];
}

export function places(tickets: Ticket[]): Place[] {
  const found = new Map<string, Place>();
  for (const ticket of tickets) {
    if (!ticket.geometry) continue;
    const [lon, lat] = ticket.geometry.coordinates;
    const coarse = COARSE.has(ticket.properties.geo_precision ?? "");
    const key = `${lon} ${lat} ${coarse}`;
    const place = found.get(key) ?? {id: found.size + 1, key, lon, lat, coarse, name: nameOf(ticket, coarse), tickets: []};
    place.tickets.push(ticket);
    found.set(key, place);
  }
  return [...found.values()];
}

function nameOf(ticket: Ticket, coarse: boolean): string {
  const {cluster, location_name} = ticket.properties;
  return (coarse ? cluster : location_name) ?? cluster ?? location_name ?? "";
}

/** One point per cluster, the middle of its places: names on the map, and circles where there is no WebGL. */
export function areas(all: Place[]): Place[] {
  const found = new Map<string, Place[]>();
  for (const place of all) {
    const name = place.tickets[0]?.properties.cluster ?? "";
    found.set(name, [...(found.get(name) ?? []), place]);
  }
  return [...found].map(([name, own], index) => {
    const middle = own.filter((one) => one.coarse).length ? own.filter((one) => one.coarse) : own;
    const mean = (value: (place: Place) => number): number => middle.reduce((sum, one) => sum + value(one), 0) / middle.length;
    return {id: index + 1, key: name, lon: mean((one) => one.lon), lat: mean((one) => one.lat), coarse: true, name, tickets: own.flatMap((one) => one.tickets)};
  });
}

export function bounds(all: {lon: number; lat: number}[]): [number, number, number, number] | null {
  if (!all.length) return null;
  const lons = all.map((one) => one.lon);
  const lats = all.map((one) => one.lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
