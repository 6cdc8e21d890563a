// The plan as a list: who goes where and why, who stays and why, and what is left out.
import { Problem } from "./api.ts";
import { type Dispatch, positionText, secondBest } from "./dispatch.ts";
import { button, el } from "./dom.ts";
import { counted, moment } from "./format.ts";
import { header, type PanelEvents } from "./panel.ts";
import type { Bursts, Plan } from "./types.ts";

const MOST_LISTED = 50; // tickets of one reason, and idle units

/** List what a plan suggests; `csv` is where the same is a file. */
export function planned(dispatch: Dispatch | null, csv: string, events: PanelEvents): HTMLElement[] {
  const file = el("a", { href: csv, download: true }, "CSV");
  const title = header("Dispatch", events, file);
  const promise = el("p", { class: "promise" }, "A suggestion: nothing is sent to the ticket system.");
  if (!dispatch) return [title, promise, el("p", {}, "Asking for a plan …")];
  return [title, promise, ...bursts(dispatch.bursts, events), ...plan(dispatch.plan, events)];
}

function bursts(found: Bursts | Problem, events: PanelEvents): HTMLElement[] {
  if (found instanceof Problem) return [said(found)];
  if (found.off) return [el("p", { class: "muted" }, `Bursts are off: ${found.off}.`)];
  return found.bursts.map(({ burst, text, cluster, kind, ticket_ids }) => {
    const where = [cluster, kind].filter(Boolean).join(", ");
    const tickets = ticket_ids.slice(0, MOST_LISTED).map((id) => ticket(id, `burst-${burst}-${id}`, events));
    return el(
      "div",
      { class: "banner care burst" },
      el("strong", {}, "Probably one cause"),
      ` ${[where, text].filter(Boolean).join(": ")}.`,
      el("span", { class: "tickets" }, ...tickets),
    );
  });
}

function plan(found: Plan | Problem, events: PanelEvents): HTMLElement[] {
  if (found instanceof Problem) return [said(found)];
  const { totals, caution } = found;
  const { units } = found.part_of ?? totals;
  const warning = caution ? [el("p", { class: "banner bad" }, caution)] : [];
  if (!units) return [...warning, el("p", {}, "There are no units. Import them:"), el("pre", {}, IMPORT)];
  return [
    ...warning,
    el("p", {}, `${counted(totals.going, "unit")} of ${units} ${totals.going === 1 ? "goes" : "go"} to ${counted(totals.assigned, "ticket")}.`),
    el("p", { class: "muted" }, `Made ${moment(found.made_at)} of tickets as of ${moment(found.data_as_of)}.`),
    el("p", { class: "muted" }, "Distances are straight lines, not roads."),
    el("ul", { class: "list plan" }, ...going(found, events)),
    ...(found.idle.length ? [el("h3", {}, "Idle units"), ...idle(found)] : []),
    ...(found.ignored_holds.length ? [el("h3", {}, "Holds not followed"), notFollowed(found, events)] : []),
    ...(found.refused.length ? [el("h3", {}, "Tickets left out"), ...found.refused.map((one) => left(one, events))] : []),
  ];
}

const IMPORT = "fleetfeed units import units.csv --apply";

function going({ assignments }: Plan, events: PanelEvents): HTMLElement[] {
  return assignments.map((each) => {
    const { unit, team, stop, ticket_id, position, reasons, caution } = each;
    return el(
      "li",
      {},
      el("b", {}, unit),
      team ? el("span", { class: "muted" }, team) : null,
      el("span", {}, stop > 1 ? `→ stop ${stop}:` : "→"),
      ticket(ticket_id, `plan-${unit}-${stop}`, events),
      el("span", { class: "muted" }, positionText(position)),
      el("span", { class: "change" }, [...reasons, secondBest(each)].filter(Boolean).join(" · ")),
      ...caution.map((text) => el("span", { class: "caution" }, `Caution: ${text}`)),
    );
  });
}

function idle(found: Plan): HTMLElement[] {
  const items = found.idle.slice(0, MOST_LISTED).map(({ unit, team, reason, why, position }) =>
    el(
      "li",
      {},
      el("b", {}, unit),
      team ? el("span", { class: "muted" }, team) : null,
      el("span", {}, reason),
      el("span", { class: "change" }, [why === reason ? "" : why, positionText(position)].filter(Boolean).join(" · ")),
    ),
  );
  return [el("ul", { class: "list plan" }, ...items), ...more(found.idle.length)];
}

function notFollowed(found: Plan, events: PanelEvents): HTMLElement {
  const holds = found.ignored_holds.map(({ hold_id, kind, unit, ticket_id, why }) =>
    el(
      "li",
      {},
      el("span", {}, `${hold_id}: ${kind}`),
      unit ? el("b", {}, unit) : null,
      ticket_id ? ticket(ticket_id, `hold-${hold_id}`, events) : null,
      el("span", { class: "change" }, why),
    ),
  );
  return el("ul", { class: "list plan" }, ...holds);
}

function left({ reason, n, tickets }: Plan["refused"][number], events: PanelEvents): HTMLElement {
  const id = `left-${reason}`;
  const open = (document.getElementById(id) as HTMLDetailsElement | null)?.open ?? false;
  const items = tickets
    .slice(0, MOST_LISTED)
    .map(({ ticket_id, why }) => el("li", {}, ticket(ticket_id, `left-${ticket_id}`, events), el("span", {}, why)));
  const list = el("ul", { class: "list" }, ...items);
  return el("details", { id, open }, el("summary", {}, `${reason}: ${n}`), list, ...more(n));
}

function more(n: number): HTMLElement[] {
  return n > MOST_LISTED ? [el("p", {}, `… and ${n - MOST_LISTED} more.`)] : [];
}

function ticket(id: string, elementId: string, events: PanelEvents): HTMLElement {
  return button(id, () => events.open(id), { id: elementId });
}

function said(problem: Problem): HTMLElement {
  return el("p", { class: "banner care" }, [problem.message, problem.hint].filter(Boolean).join(" "));
}
