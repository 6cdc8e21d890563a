// «Nearest»: units near a ticket, or open tickets near a point of the map.
import { get } from "./api.ts";
import { distance, positionText, STRAIGHT } from "./dispatch.ts";
import { button, el } from "./dom.ts";
import { counted, duration } from "./format.ts";
import { header, type PanelEvents } from "./panel.ts";
import type { FeedLinks, NearTickets, NearUnits } from "./types.ts";
import type { View } from "./view.ts";

export const OF_TICKET = "ticket"; // in the address: near the ticket that is selected, not near a point

/** Return what is near, as the view asks. Throws a Problem. */
export async function nearest(links: FeedLinks, { near, sel }: View, events: PanelEvents): Promise<HTMLElement[]> {
  if (near === OF_TICKET) {
    const query = new URLSearchParams({ ticket: sel });
    return unitsNear((await get<NearUnits>(`${links.nearest_units}?${query}`)).body, events);
  }
  const [lat = "", lon = ""] = near.split(",");
  const query = new URLSearchParams({ lat, lon });
  return ticketsNear((await get<NearTickets>(`${links.nearest}?${query}`)).body, events);
}

/** Name what the view asks for. */
export function nearTitle({ near, sel }: View): string {
  return near === OF_TICKET ? `Units near ${sel}` : `Tickets near ${near.replace(",", ", ")}`;
}

/** Say which units are not among the nearest, and why; "" if all are. */
export function leftOut({ off_duty, nowhere }: NearUnits["left_out"]): string {
  const parts = [off_duty ? `${off_duty} off duty` : "", nowhere ? `${nowhere} without a position or home` : ""];
  const found = parts.filter(Boolean).join(", ");
  return found && `Left out: ${found}.`;
}

function unitsNear(found: NearUnits, events: PanelEvents): HTMLElement[] {
  const items = found.units.map(({ unit, team, basis, age_seconds, distance_m, latitude, longitude }) => {
    const age_minutes = age_seconds === null ? null : age_seconds / 60;
    const where = positionText({ latitude, longitude, basis, age_minutes });
    return el("li", {}, el("b", {}, unit), el("span", {}, distance(distance_m)), el("span", {}, team), el("span", {}, where));
  });
  const none = found.at ? "No unit on duty has a position or a home." : "The ticket has no place: nothing is near it.";
  return framed(`Units near ${found.ticket_id}`, items, none, leftOut(found.left_out), events);
}

function ticketsNear({ at, features }: NearTickets, events: PanelEvents): HTMLElement[] {
  const items = features.map(({ properties: ticket }) => {
    const more = [distance(ticket.distance_m), duration(ticket.age_minutes), ticket.cluster, ticket.assigned_team ?? "no team"];
    return el(
      "li",
      {},
      button(ticket.ticket_id, () => events.open(ticket.ticket_id)),
      el("span", {}, more.filter(Boolean).join(" · ")),
    );
  });
  const title = `Tickets near ${at.latitude}, ${at.longitude}`;
  return framed(title, items, "There are no open tickets with a place.", "", events);
}

function framed(title: string, items: HTMLElement[], none: string, more: string, events: PanelEvents): HTMLElement[] {
  const about = `The ${counted(items.length, "nearest one", "nearest")}, by ${STRAIGHT}, whatever is filtered.`;
  return [
    header(title, events),
    el("p", { class: "muted" }, items.length ? about : none),
    el("ol", { class: "list" }, ...items),
    ...(more ? [el("p", { class: "muted" }, more)] : []),
  ];
}
