// What is said instead of numbers, or beside them, when there is nothing to see.
import { el, fill } from "./dom.ts";
import { clearButton, type Change } from "./filters.ts";
import type { Model, State } from "./model.ts";

/** Show the message of a state. */
export function showMessage(box: Element, model: Model, state: State, change: Change): void {
  const texts: Partial<Record<State, [string, string]>> = {
    loading: ["Loading …", ""],
    empty: ["Nothing is loaded yet", `Run «fleetfeed run ${model.view.feed} --apply»; this page shows it by itself.`],
    error: [model.problem?.message ?? "", model.problem?.hint ?? ""],
  };
  const isNone = Boolean(model.document?.data_as_of) && !model.shown.length && !texts[state];
  const none = model.rows.length
    ? ["No ticket matches", "Every open ticket is left out by a filter."]
    : ["No open tickets", "There are none here."];
  const [title, more] = texts[state] ?? (isNone ? none : ["", ""]);
  (box as HTMLElement).hidden = !title;
  fill(box, el("h2", {}, title), more ? el("p", {}, more) : null);
  if (isNone) box.append(clearButton(model.view, change));
}
