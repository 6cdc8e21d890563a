// What is shown, as the address of the page has it: a link shows another person the same.

export const COLOURS = ["age", "sla", "team", "kind"] as const;
export type Colour = (typeof COLOURS)[number];
export const WINDOWS = ["24h", "7d", "30d", "90d", "custom"] as const;
export type Chosen = Record<Colour, readonly string[]>;

export interface View {
  feed: string;
  cluster: string;
  status: string;
  window: string;
  from: string;
  to: string;
  chosen: Chosen;
  colour: Colour;
  q: string;
  sel: string;
  place: string;
  sort: string;
  at: string; // a time of the past; "": now
  near: string; // «latitude,longitude», or «ticket»: that which is selected
  panel: Panel; // what is beside the map while no place and no ticket is
}

export type Panel = "" | "dispatch";

const TEXTS = ["feed", "cluster", "status", "window", "from", "to", "q", "sel", "place", "sort", "at", "near", "panel"] as const;
const USUAL: Partial<Record<keyof View, string>> = { window: "7d", sort: "-age", colour: "age" };

/** Read the query of an address. */
export function read(query: string): View {
  const given = new URLSearchParams(query);
  const text = (name: keyof View) => given.get(name) ?? USUAL[name] ?? "";
  const colour = text("colour");
  return {
    feed: text("feed"),
    cluster: text("cluster"),
    status: text("status"),
    window: text("window"),
    from: text("from"),
    to: text("to"),
    chosen: {
      age: given.getAll("age"),
      sla: given.getAll("sla"),
      team: given.getAll("team"),
      kind: given.getAll("kind"),
    },
    colour: isColour(colour) ? colour : "age",
    q: text("q"),
    sel: text("sel"),
    place: text("place"),
    sort: text("sort"),
    at: text("at"),
    near: text("near"),
    panel: text("panel") === "dispatch" ? "dispatch" : "",
  };
}

/** Write a view as a query, "" for the usual one. */
export function write(view: View): string {
  const made = new URLSearchParams();
  for (const name of TEXTS) if (view[name] && view[name] !== USUAL[name]) made.set(name, view[name]);
  if (view.colour !== USUAL.colour) made.set("colour", view.colour);
  for (const name of COLOURS) for (const value of view.chosen[name]) made.append(name, value);
  const query = made.toString();
  return query ? `?${query}` : "";
}

/** Return the parameters that the server filters by; the others are applied here. */
export function asked(view: View): URLSearchParams {
  const made = new URLSearchParams();
  if (view.cluster) made.set("cluster", view.cluster);
  if (view.status) made.set("status", view.status);
  if (view.window !== "7d") made.set("window", view.window);
  if (view.window === "custom") for (const name of ["from", "to"] as const) if (view[name]) made.set(name, view[name]);
  return made;
}

/** Return those of them that the reports of teams know. */
export function askedOfTeams(view: View): URLSearchParams {
  const made = asked(view);
  made.delete("status");
  return made;
}

/** Add parameters to an address. */
export function withQuery(url: string, query: URLSearchParams): string {
  return query.size ? `${url}?${query.toString()}` : url;
}

/** Return the view with one value of a dimension chosen, or no longer chosen. */
export function toggled(view: View, dimension: Colour, value: string): View {
  const now = view.chosen[dimension];
  const next = now.includes(value) ? now.filter((one) => one !== value) : [...now, value];
  return { ...view, chosen: { ...view.chosen, [dimension]: next } };
}

/** Return the view without any filter. */
export function cleared(view: View): View {
  return { ...view, cluster: "", status: "", q: "", place: "", chosen: { age: [], sla: [], team: [], kind: [] } };
}

/** Whether anything is filtered in the browser. */
export function narrows(view: View): boolean {
  return Boolean(view.q) || COLOURS.some((name) => view.chosen[name].length > 0);
}

function isColour(value: string): value is Colour {
  return (COLOURS as readonly string[]).includes(value);
}
