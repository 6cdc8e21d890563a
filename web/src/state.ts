// What the page shows, as its URL says it: everything can be shared, and Back undoes a filter.

export interface State {
  feed: string;
  cluster: string;
  status: string;
  window: string;
  team: string;
  kind: string;
  age: string;
  place: string;
  colour: string;
  q: string;
  sel: string;
  sort: string;
}

export const USUAL: State = {
  feed: "", cluster: "", status: "", window: "7d", team: "", kind: "", age: "", place: "", colour: "age", q: "", sel: "", sort: "-age",
};

export function read(search: string): State {
  const given = new URLSearchParams(search);
  const found = {...USUAL};
  for (const name of Object.keys(USUAL) as (keyof State)[]) found[name] = given.get(name) ?? USUAL[name];
  return found;
}

/** The query of a state; what is as usual is left out. */
export function write(state: State): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value !== USUAL[name as keyof State]) query.set(name, value);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The parameters that the server filters by. */
export function asked(state: State): string {
  const query = new URLSearchParams();
  for (const name of ["cluster", "status"] as const) if (state[name]) query.set(name, state[name]);
  query.set("window", state.window);
  return query.toString();
}
