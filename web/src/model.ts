// All that the page knows at one moment, and which state that is.
import type { Problem } from "./api.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Past } from "./past.ts";
import type { Row } from "./rows.ts";
import type { Dashboard, FeedLinks, Start, Trust } from "./types.ts";
import type { View } from "./view.ts";

export type State = "loading" | "ready" | "empty" | "none" | "stale" | "kept" | "error" | "signed-out" | "old" | "sample";

export interface Model {
  view: View;
  start: Start | null;
  document: Dashboard | null;
  trust: Trust | null;
  dispatch: Dispatch | null; // while the switch is on
  past: Past | null; // while the view is of another time
  rows: Row[]; // all open tickets, now or then
  shown: Row[]; // those that the filters leave, sorted
  problem: Problem | null; // of the last request
  keptSince: string | null;
  isOld: boolean; // the server was updated
}

/** Return where the feed of the view is asked for. */
export function linksOf({ start, view }: Model): FeedLinks | undefined {
  return start?.feeds.find((one) => one.feed === view.feed);
}

/** Return the state of the page. */
export function stateOf(model: Omit<Model, "view" | "trust" | "dispatch" | "past">): State {
  const { problem, document } = model;
  if (problem?.status === 401) return "signed-out";
  if (model.isOld) return "old";
  if (!document) return problem ? "error" : "loading";
  if (problem || model.keptSince) return "kept";
  if (!document.data_as_of) return "empty";
  if (document.freshness.state === "stale") return "stale";
  if (!model.shown.length) return "none";
  return model.start?.is_sample ? "sample" : "ready";
}
